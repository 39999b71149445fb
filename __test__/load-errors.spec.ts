// The native binding cannot be loaded: nothing at import, one error at the first use that says what
// was tried and why it did not work.
import test from 'ava';
import { BINARY, PackageCopy } from './fixtures/package-copy.ts';
import { type ProgramOptions, runNode } from './fixtures/program-run.ts';

const PACKAGE = BINARY.replace('backbeat.', 'backbeat-').replace('.node', '');
const NOT_INSTALLED = { what: PACKAGE, why: `Cannot find module '${PACKAGE}'` };
const ADDONS_DISABLED = 'Cannot load native addon because loading addons is disabled.';
const [MAJOR = 0] = process.versions.node.split('.').map(Number);
const PERMISSION = MAJOR < 22 ? '--experimental-permission' : '--permission';

interface Failure {
  readonly imported: boolean;
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: { readonly what: string; readonly why: string }[];
  readonly host: { readonly platform: string; readonly arch: string; readonly runtime: string };
  readonly advice: string[];
  readonly cause: string;
  readonly isSameAgain: boolean;
}

/** Imports the copy, then arms twice; how that fails. */
async function failureOf(copy: PackageCopy, options: ProgramOptions = {}): Promise<Failure> {
  const source = `
    const { after } = await import(${JSON.stringify(copy.schedulerUrl)});
    const failures = [1, 2].map(() => {
      try {
        after(1, () => undefined);
      } catch (error) {
        const { name, code, message, attempts, host, advice, cause } = error;
        return { imported: true, name, code, message, attempts, host, advice, cause: String(cause) };
      }
    });
    const isSameAgain = JSON.stringify(failures[0]) === JSON.stringify(failures[1]);
    console.log(JSON.stringify({ ...failures[0], isSameAgain }));
  `;
  const { stdout, stderr } = await runNode(['--input-type=module', '--eval', source], options);
  return stdout === '' ? Promise.reject(new Error(stderr)) : JSON.parse(stdout);
}

test.serial('a missing binary', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  const failure = await failureOf(copy);
  t.like(failure, { imported: true, name: 'BindingLoadError', code: 'BACKBEAT_BINDING_LOAD' });
  t.deepEqual(failure.attempts.slice(0, 2), [
    { what: BINARY, why: `Cannot find module './${BINARY}'` },
    NOT_INSTALLED,
  ]);
  t.regex(failure.message, /optional dependencies/);
  t.regex(failure.message, /npm run build/);
});

test.serial('the message is one readable list', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  const { message, attempts } = await failureOf(copy);
  const lines = message.split('\n');
  const { platform, arch, version } = process;
  const [, libc] = /^\S+ \S+ \S+ \S+ \S+( \((?:glibc [\d.]+|musl)\))?, /.exec(message) ?? [];
  t.is(libc !== undefined, platform === 'linux');
  t.is(lines[0], `no native binding for ${platform}-${arch}${libc ?? ''}, Node ${version}.`);
  t.is(lines[1], 'Tried:');
  const tried = attempts.map(({ what, why }) => `  - ${what}: ${why}`);
  t.deepEqual(lines.slice(2, 2 + attempts.length), tried);
  t.is(lines[2 + attempts.length], 'What to do:');
  t.notRegex(message, /Require stack/);
});

test.serial('the error has the facts of the message', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  const { host, advice, message } = await failureOf(copy);
  const { platform, arch, version } = process;
  t.like(host, { platform, arch, runtime: `Node ${version}` });
  t.true(message.endsWith(advice.map((line) => `  - ${line}`).join('\n')));
  t.regex(message, new RegExp(`${PACKAGE} comes along`));
  t.regex(message, /npm before 11\.3/);
  t.regex(message, /npx backbeat-install --host URL/);
});

test.serial('a platform without prebuilt binaries', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  const arch = `Object.defineProperty(process, 'arch', { value: 'mips' });`;
  copy.write('other-processor.cjs', arch);
  const nodeArgs = ['--require', copy.file('other-processor.cjs')];
  const { code, host, attempts, advice } = await failureOf(copy, { nodeArgs });
  t.is(code, 'BACKBEAT_BINDING_LOAD');
  t.is(host.arch, 'mips');
  t.true(attempts.length > 0);
  t.regex(advice[0] ?? '', /^there is no prebuilt binary for [\w-]*mips/);
});

test.serial('the error of the loader is the cause', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  t.regex((await failureOf(copy)).cause, /^Error: Cannot find native binding/);
});

test.serial('the second use fails as the first', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  t.true((await failureOf(copy)).isSameAgain);
});

test.serial('a binary of garbage', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  copy.write(BINARY, 'this is no library'.repeat(1000));
  const { code, attempts, message } = await failureOf(copy);
  t.is(code, 'BACKBEAT_BINDING_LOAD');
  t.is(attempts[0]?.what, BINARY);
  t.notRegex(attempts[0]?.why ?? '', /Cannot find/);
  if (process.platform === 'linux') t.is(attempts[0]?.why, 'invalid ELF header');
  t.deepEqual(attempts[1], NOT_INSTALLED);
  t.true(message.includes(`- ${BINARY} is there but does not load`));
});

test.serial('an empty binary', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  copy.write(BINARY, '');
  const { code, attempts } = await failureOf(copy);
  t.is(code, 'BACKBEAT_BINDING_LOAD');
  if (process.platform === 'linux') t.is(attempts[0]?.why, 'file too short');
});

test.serial('a package of the platform with a binary of garbage', async (t) => {
  using copy = new PackageCopy({ withBinary: false });
  copy.writeModule(PACKAGE, {
    main: BINARY,
    files: { [BINARY]: 'this is no library'.repeat(1000) },
  });
  const { attempts } = await failureOf(copy);
  t.is(attempts[0]?.why, `Cannot find module './${BINARY}'`);
  t.is(attempts[1]?.what.replace('\\', '/'), `${PACKAGE}/${BINARY}`);
  if (process.platform === 'linux') t.is(attempts[1]?.why, 'invalid ELF header');
});

test.serial('a binary that was named but does not exist', async (t) => {
  using copy = new PackageCopy({ withBinary: true });
  const asked = copy.file('missing.node');
  const failure = await failureOf(copy, { env: { NAPI_RS_NATIVE_LIBRARY_PATH: asked } });
  t.is(failure.code, 'BACKBEAT_BINDING_LOAD');
  t.deepEqual(failure.attempts[0], { what: asked, why: `Cannot find module '${asked}'` });
  t.true(failure.message.includes(`- let NAPI_RS_NATIVE_LIBRARY_PATH (${asked}) name a binary`));
});

test.serial('a binary that was named and is garbage', async (t) => {
  using copy = new PackageCopy({ withBinary: true });
  const asked = copy.file('garbage.node');
  copy.write('garbage.node', 'this is no library'.repeat(1000));
  const { attempts } = await failureOf(copy, { env: { NAPI_RS_NATIVE_LIBRARY_PATH: asked } });
  t.is(attempts[0]?.what, asked);
  if (process.platform === 'linux') t.is(attempts[0]?.why, 'invalid ELF header');
});

for (const [title, nodeArgs] of [
  ['--no-addons', ['--no-addons']],
  ['the permission model without --allow-addons', [PERMISSION, '--allow-fs-read=*']],
] as const) {
  test.serial(title, async (t) => {
    using copy = new PackageCopy({ withBinary: true });
    const { code, attempts, message } = await failureOf(copy, { nodeArgs });
    t.is(code, 'BACKBEAT_BINDING_LOAD');
    t.deepEqual(attempts.slice(0, 2), [{ what: BINARY, why: ADDONS_DISABLED }, NOT_INSTALLED]);
    t.true(
      message.endsWith(
        '- start Node without --no-addons, or with --allow-addons under --permission',
      ),
    );
  });
}

test.serial('a binary of another version', async (t) => {
  using copy = new PackageCopy({ withBinary: true });
  copy.setVersion('99.0.0');
  const failure = await failureOf(copy);
  t.like(failure, {
    imported: true,
    name: 'BindingVersionError',
    code: 'BACKBEAT_BINDING_VERSION',
  });
  t.regex(failure.message, /of version \d+\.\d+\.\d+, the package of 99\.0\.0;/);
});

test.serial('a binding that is none', async (t) => {
  using copy = new PackageCopy({ withBinary: true });
  copy.write('other.cjs', 'module.exports = {};');
  const env = { NAPI_RS_NATIVE_LIBRARY_PATH: copy.file('other.cjs') };
  const failure = await failureOf(copy, { env });
  t.like(failure, { name: 'BindingVersionError', code: 'BACKBEAT_BINDING_VERSION' });
});

test.serial('a generated loader that is missing', async (t) => {
  using copy = new PackageCopy({ withBinary: true });
  copy.remove('index.js');
  const { code, attempts } = await failureOf(copy);
  t.is(code, 'BACKBEAT_BINDING_LOAD');
  t.deepEqual(attempts, [{ what: '../index.js', why: "Cannot find module '../index.js'" }]);
});
