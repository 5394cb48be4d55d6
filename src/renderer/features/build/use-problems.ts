/** All problems worth showing: those of the last build, and those that the doctor and the editor find while a person types. */
import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { Diagnosis } from '../../../shared/diagnosis'
import type { Problem } from '../../../shared/problems'
import { useLab } from '../../app/lab'
import { useLiveProblems } from '../editor/live-problems'

export interface ListedProblem extends Problem {
  /** Found while typing, not by the build. */
  live: boolean
}

const SEVERITY_ORDER = { error: 0, warning: 1, info: 2 } as const

export function useProblems(): ListedProblem[] {
  const { build, projectDoctor } = useLab()
  const built = useStore(build.store, (state) => state.problems)
  const diagnosis = useStore(projectDoctor.store, (state) => state.diagnosis)
  const live = useLiveProblems()
  return useMemo(() => mergeProblems(built, live, diagnosis), [built, live, diagnosis])
}

/**
 * Errors first. Of those who speak about the same line of the same file, the doctor comes first, for it knows what to do; then the build, then the
 * editor's check of JSON. Of files that the doctor examines, the editor's check has nothing to add.
 */
export function mergeProblems(built: readonly Problem[], live: readonly Problem[], diagnosis?: Diagnosis): ListedProblem[] {
  const place = ({ file, line }: Problem): string => `${file}:${line}`
  const found = diagnosis?.findings ?? []
  const doctors = new Set(found.filter(({ severity }) => severity !== 'info').map(place))
  const rest = built.filter((problem) => !doctors.has(place(problem)))
  const known = new Set(rest.map(place))
  const all = [
    ...found.map((problem) => ({ ...problem, live: true })),
    ...rest.map((problem) => ({ ...problem, live: false })),
    ...live.filter((problem) => !known.has(place(problem)) && !diagnosis?.files.includes(problem.file ?? '')).map((problem) => ({ ...problem, live: true })),
  ]
  return all.toSorted((a, b) => SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity])
}

/** `kernel.c:12:5`, as far as it is known. */
export function problemPlace({ file, line, column }: Pick<Problem, 'file' | 'line' | 'column'>): string {
  return [file, line, column].filter((part) => part !== undefined).join(':')
}
