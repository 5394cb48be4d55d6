/** Run jobs, at most `width` at a time; results in the order of the jobs. The first rejection is the result's. */
export async function inParallel<T>(jobs: readonly (() => Promise<T>)[], width: number): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index]
      if (job) results[index] = await job()
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(width, jobs.length) }, worker))
  // All workers are waited for, so that no compiler still writes where somebody cleans up.
  const failure = settled.find((result) => result.status === 'rejected')
  if (failure) throw failure.reason
  return results
}
