/** Problems that the editor's JSON language finds while a person types. Filled by `monaco/markers.ts`. */
import { create } from 'zustand'
import type { Problem } from '../../../shared/problems'

export const useLiveProblemStore = create<{ problems: readonly Problem[] }>()(() => ({ problems: [] }))

export const useLiveProblems = (): readonly Problem[] => useLiveProblemStore((state) => state.problems)
