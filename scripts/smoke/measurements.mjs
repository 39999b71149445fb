// A time that a user notices: an import without work.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STARTS = 40;
/** What the process has used of the processor when it ends by itself. */
const REPORT_CPU = `
  process.once('exit', () => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(String((user + system) / 1000));
  });
`;

/**
 * Starts Node with and without the import in turn, on the package that is installed in a project. The
 * processor's time is what counts: the time that passes depends on who else runs.
 * @returns for each of the two: `wallMs` and `cpuMs` of the starts, sorted, and the threads of the process;
 *   and `addedCpuMs`: the differences between neighbours, sorted
 */
export function measureImport(node, project) {
  const threads = `
    import { readdirSync } from 'node:fs';
    if (process.argv[2] === 'threads') console.log(readdirSync('/proc/self/task').length);
    else ${REPORT_CPU.trim()}
  `;
  const programs = { bare: threads, imported: `import 'backbeat';${threads}` };
  const results = {};
  for (const [name, source] of Object.entries(programs)) {
    writeFileSync(join(project, `${name}.mjs`), source);
    results[name] = { wallMs: [], cpuMs: [], threads: countThreads(node, project, name) };
  }
  for (let turn = 0; turn < STARTS; turn += 1) {
    for (const name of Object.keys(programs)) {
      const startedMs = performance.now();
      const { status, stdout } = spawnSync(node, [`${name}.mjs`], { cwd: project });
      if (status !== 0) throw new Error(`${name}.mjs ended with ${status}`);
      results[name].wallMs.push(performance.now() - startedMs);
      results[name].cpuMs.push(Number(stdout));
    }
  }
  const { bare, imported } = results;
  const addedCpuMs = imported.cpuMs.map((cpuMs, turn) => cpuMs - bare.cpuMs[turn]);
  for (const list of [addedCpuMs, ...Object.values(results).flatMap((of) => [of.wallMs, of.cpuMs])])
    list.sort((a, b) => a - b);
  return { bare, imported, addedCpuMs };
}

/** The middle one of sorted values. */
export function median(sorted) {
  return sorted[sorted.length >> 1];
}

function countThreads(node, project, name) {
  const { stdout } = spawnSync(node, [`${name}.mjs`, 'threads'], {
    cwd: project,
    encoding: 'utf8',
  });
  return Number(stdout) || undefined;
}
