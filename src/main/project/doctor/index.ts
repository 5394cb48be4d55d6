/** The doctor: what is out of date or wrong in a target specification and around it, and the changes that mend it. */
export { compilerName, NEWEST, parseCompilerVersion, type CompilerFacts } from './compiler'
export { dataLayout } from './data-layout'
export { unifiedDiff } from './diff'
export { byWeight, findingsOf, fixAll } from './examine'
export type { Examination } from './finding'
export { specExamination } from './spec-doctor'
