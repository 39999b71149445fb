// What a release has to publish, in which order, and what forbids it. Decided before anything is out:
// a main package without one of its platform packages cannot be taken back.
import { manifest, targets } from './targets.mjs';

/**
 * @param packages what `scripts/pack.mjs` wrote into `packages.json`
 * @param tagName of the release in git
 * @param known `{ names, versions }`: package names that the registry knows, and `name@version` there
 * @returns `problems`; without any, `steps` (platform packages first, the main one last), and `skipped`
 */
export function releasePlan(packages, tagName, { names, versions }) {
  const { name: mainName, version, repository } = manifest;
  const order = [...targets.map(({ packageName }) => packageName), mainName];
  const files = new Map(packages.map(({ name, file }) => [name, file]));
  const problems = [
    ...order.filter((name) => !files.get(name)).map((name) => `${name} was not packed`),
    ...order
      .filter((name) => !names.has(name))
      .map((name) => `${name} is unknown to the registry: create it by hand once`),
  ];
  if (tagName !== `v${version}`) problems.push(`the tag is ${tagName}, the version ${version}`);
  if (repository === undefined) {
    problems.push('package.json names no repository, which provenance is bound to');
  }
  const isPublished = (name) => versions.has(`${name}@${version}`);
  return {
    problems,
    distTag: distTagOf(version),
    steps: order
      .filter((name) => !isPublished(name))
      .map((name) => ({ name, file: files.get(name) })),
    skipped: order.filter(isPublished),
  };
}

/** A pre-release is never `latest`: `1.0.0-beta.2` is published as `beta`. */
export function distTagOf(version) {
  return (
    /^\d+\.\d+\.\d+-([a-z]+)/.exec(version)?.[1] ?? (version.includes('-') ? 'next' : 'latest')
  );
}
