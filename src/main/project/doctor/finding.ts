import type { ProblemSource, ProblemSeverity } from '../../../shared/problems'
import type { Edit } from './spec-text'

/** What a rule finds, by offsets into the text. */
export interface Draft {
  /** Names the kind of finding, such as `data-layout`; stable, for tests and scripts. */
  readonly id: string
  readonly severity: ProblemSeverity
  readonly what: string
  /** One sentence that a student understands: why it matters. */
  readonly why: string
  readonly at: { readonly offset: number; readonly length: number }
  readonly fix?: { readonly title: string; readonly edits: readonly Edit[] }
  /** What a person has to do, where no edit can do it. */
  readonly next?: string
}

/** A text that rules look at, and the rules' word about it. */
export interface Examination {
  readonly source: ProblemSource
  examine(text: string): Draft[]
}
