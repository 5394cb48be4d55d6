import { ProjectError, readTargetSpec, resolveInside, type Project, type Target } from '../project'
import type { BuildRecord } from './build-result'

/**
 * Read the target specification of a project; what is wrong with it is reported.
 * @param path relative to the project
 */
export async function loadTarget(project: Project, path: string, record: BuildRecord): Promise<Target | undefined> {
  try {
    await resolveInside(project.dir, path, 'target specification')
    const result = await readTargetSpec(project.dir, path)
    for (const problem of result.problems) record.report(problem)
    if (result.ok) return result.target
    record.info('`bootlab doctor` says more about it, and with --fix it mends what it can.')
    return undefined
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error
    record.report({ severity: 'error', source: 'target', file: path, message: `${error.what}. ${error.why}`, next: error.next })
    return undefined
  }
}
