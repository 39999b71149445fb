// The manifests as they are published. They differ from the one in the repository: no scripts at all,
// no development settings, and the platform packages as optional dependencies.
import { targets } from './targets.mjs';

/** What is copied from the repository's manifest. Anything else is for development. */
const PUBLISHED_FIELDS = [
  ...['name', 'version', 'description', 'keywords', 'license', 'author', 'homepage', 'repository'],
  ...[
    'bugs',
    'type',
    'sideEffects',
    'exports',
    'bin',
    'files',
    'engines',
    'binary',
    'dependencies',
  ],
];
/** Scripts that package managers run without being asked. */
export const LIFECYCLE_SCRIPTS = [
  ...[
    'preinstall',
    'install',
    'postinstall',
    'prepublish',
    'prepublishOnly',
    'prepack',
    'postpack',
  ],
  ...['publish', 'postpublish', 'preprepare', 'prepare', 'postprepare', 'dependencies'],
];

/** The manifest of the main package, every target an optional dependency at exactly its version. */
export function rootManifest(manifest) {
  const published = Object.fromEntries(
    PUBLISHED_FIELDS.filter((field) => field in manifest).map((field) => [field, manifest[field]]),
  );
  const optionalDependencies = Object.fromEntries(
    targets.map(({ packageName }) => [packageName, manifest.version]),
  );
  return { ...published, optionalDependencies };
}

/**
 * What is wrong with a published manifest of the main package.
 * @returns sentences, none when it is right
 */
export function rootProblems(published, version) {
  const problems = scriptProblems(published);
  const dependencies = published.optionalDependencies ?? {};
  for (const { packageName } of targets) {
    if (dependencies[packageName] !== version) {
      problems.push(`optional dependency ${packageName} is ${dependencies[packageName]}`);
    }
  }
  if (Object.keys(dependencies).length !== targets.length) problems.push('stray optional packages');
  if (published.version !== version) problems.push(`version ${published.version}`);
  return problems;
}

/** What is wrong with the manifest of a platform's package. */
export function platformProblems(published, target, version) {
  const wanted = {
    name: target.packageName,
    version,
    main: target.binary,
    os: [target.platform],
    cpu: [target.arch],
    libc: target.libc && [target.libc],
  };
  const wrong = Object.entries(wanted)
    .filter(([field, value]) => JSON.stringify(published[field]) !== JSON.stringify(value))
    .map(([field, value]) => `${field} should be ${JSON.stringify(value)}`);
  return [...scriptProblems(published), ...wrong];
}

function scriptProblems({ scripts = {} }) {
  return LIFECYCLE_SCRIPTS.filter((name) => name in scripts).map((name) => `script ${name}`);
}
