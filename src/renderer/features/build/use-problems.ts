/** All problems worth showing: those of the last build, and those that the editor finds while a person types. */
import { useMemo } from 'react'
import { useStore } from 'zustand'
import type { Problem } from '../../../shared/problems'
import { useLab } from '../../app/lab'
import { useLiveProblems } from '../editor/live-problems'

export interface ListedProblem extends Problem {
  /** Found while typing, not by the build. */
  live: boolean
}

const SEVERITY_ORDER = { error: 0, warning: 1, info: 2 } as const

export function useProblems(): ListedProblem[] {
  const { build } = useLab()
  const built = useStore(build.store, (state) => state.problems)
  const live = useLiveProblems()
  return useMemo(() => mergeProblems(built, live), [built, live])
}

/** Errors first; a live problem is left out where the build reports the same line of the same file. */
export function mergeProblems(built: readonly Problem[], live: readonly Problem[]): ListedProblem[] {
  const place = ({ file, line }: Problem): string => `${file}:${line}`
  const known = new Set(built.map(place))
  const all = [
    ...built.map((problem) => ({ ...problem, live: false })),
    ...live.filter((problem) => !known.has(place(problem))).map((problem) => ({ ...problem, live: true })),
  ]
  return all.toSorted((a, b) => SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity])
}

/** `kernel.c:12:5`, as far as it is known. */
export function problemPlace({ file, line, column }: Problem): string {
  return [file, line, column].filter((part) => part !== undefined).join(':')
}
