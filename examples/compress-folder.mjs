/**
 * Hashes and compresses every file of a folder, on all processors, with a progress bar:
 *
 *     node examples/compress-folder.mjs FROM TO
 *
 * Writes TO/<path>.gz for each file, and TO/SHA256SUMS with the hashes of the originals.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BgException, parallelise } from 'backbeat';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  console.error('usage: node examples/compress-folder.mjs FROM TO');
  process.exit(2);
}

const paths = readdirSync(from, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(from, join(entry.parentPath ?? entry.path, entry.name)))
  .sort();
if (paths.length === 0) {
  console.error(`${from} holds no files`);
  process.exit(1);
}

// Runs on the threads. The variables and imports that it uses come along.
const compress = (jobId) => {
  const content = readFileSync(join(from, paths[jobId]));
  const packed = gzipSync(content);
  const target = join(to, `${paths[jobId]}.gz`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, packed);
  const digest = createHash('sha256').update(content).digest('hex');
  return { digest, bytes: content.length, packedBytes: packed.length };
};

try {
  mkdirSync(to, { recursive: true });
  const results = await parallelise(compress, paths.length, {
    numThreads: availableParallelism(),
    progressBar: 'Compressing',
  });
  const sums = results.map(({ digest }, jobId) => `${digest}  ${paths[jobId]}\n`);
  writeFileSync(join(to, 'SHA256SUMS'), sums.join(''));
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  console.log(`${paths.length} files, ${total('bytes')} bytes to ${total('packedBytes')}`);
} catch (error) {
  const isKnown = error instanceof BgException;
  console.error(isKnown ? `${paths[error.jobId]}: ${error.cause.message}` : error);
  process.exitCode = 1;
}
