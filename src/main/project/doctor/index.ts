/** The doctor: what is out of date or wrong in a project's target specification and around it, and the changes that mend it. */
export { compilerName, NEWEST, parseCompilerVersion, type CompilerFacts } from './compiler'
export { dataLayout } from './data-layout'
export { unifiedDiff } from './diff'
export { diagnose, type Patient } from './project-doctor'
