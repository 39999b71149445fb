/** Keeps so many jobs under way until all have ended, and counts those that came back wrong. */
export async function runInWindow(count, width, runJob, isRight) {
  let next = 0;
  let wrong = 0;
  const keepGoing = async () => {
    while (next < count) {
      const job = next++;
      if (!isRight(await runJob(job), job)) wrong++;
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, keepGoing));
  return wrong;
}

/** All at once, a promise each. */
export async function runAtOnce(count, runJob, isRight) {
  const results = new Array(count);
  for (let job = 0; job < count; job++) results[job] = runJob(job);
  let wrong = 0;
  (await Promise.all(results)).forEach((result, job) => {
    if (!isRight(result, job)) wrong++;
  });
  return wrong;
}
