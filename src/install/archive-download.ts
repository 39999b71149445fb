/**
 * A process of its own that fetches one archive by prebuild-install and unpacks it into a staging
 * folder. What the archive may hold is checked at each entry, before it is unpacked; what it does hold
 * is for the parent to verify. The parent ends this process when it takes too much time or room.
 *
 * Arguments: path of prebuild-install, URL, folder to unpack into, name of the binary, bytes that it may
 * have, `http` if that is allowed.
 */
import http from 'node:http';
import { createRequire } from 'node:module';
import process from 'node:process';

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}
interface Extraction {
  destroy(error: Error): void;
}
interface DownloadOptions {
  readonly path: string;
  readonly nolocal: boolean;
  readonly proxy: string | undefined;
  readonly 'https-proxy': string | undefined;
  readonly pkg: { readonly name: string };
  readonly updateName: (this: Extraction, entry: Entry) => void;
}
type Download = (url: string, options: DownloadOptions, done: (error?: Error) => void) => void;

const [module = '', url = '', staging = '', binary = '', largest, allowed] = process.argv.slice(2);
const { download } = createRequire(import.meta.url)(module) as { download: Download };
const { env } = process;

process.on('uncaughtException', fail);
if (allowed !== 'http') refusePlainHttp();
download(
  url,
  {
    path: staging,
    nolocal: true,
    proxy: env.npm_config_proxy || env.http_proxy || env.HTTP_PROXY,
    'https-proxy': env.npm_config_https_proxy || env.https_proxy || env.HTTPS_PROXY,
    pkg: { name: 'backbeat' },
    updateName(entry) {
      const what = `${entry.type} ${JSON.stringify(entry.name)} of ${entry.size} bytes`;
      const isExpected = entry.type === 'file' && entry.name === binary;
      if (isExpected && entry.size <= Number(largest)) return;
      this.destroy(new Error(`the archive holds ${what}, which cannot be of backbeat`));
    },
  },
  (error) => {
    if (error) fail(error);
  },
);

function fail(error: Error): void {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

/** A redirection may lead from https to http. A proxy is asked by http for a tunnel, which is https. */
function refusePlainHttp(): void {
  const request = http.request;
  http.request = ((options: http.RequestOptions, ...rest: []) => {
    if (options.method === 'CONNECT') return request(options, ...rest);
    throw new Error(`refused to go on by plain http, to ${options.hostname}`);
  }) as typeof http.request;
}
