// Writes the pages of the API, from the docstrings, into docs/api. An export or a member without one, a
// link that leads nowhere and a parameter that does not exist are errors.
//   npm run docs
import process from 'node:process';
import { run } from './toolchain.mjs';

const typedoc = 'docs/node_modules/typedoc/bin/typedoc';
const { code } = run([process.execPath, typedoc, '--options', 'docs/typedoc.jsonc'], {
  show: true,
});
process.exitCode = code;
