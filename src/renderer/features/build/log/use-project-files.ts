import { useMemo } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../../app/lab'
import { projectFile } from './locations'

/** The project's file that a tool's line names. */
export type FindFile = (named: string) => string | undefined

export function useFindFile(): FindFile {
  const { documents } = useLab()
  const files = useStore(documents.store, (state) => state.files)
  const directory = useStore(documents.store, (state) => state.directory)
  return useMemo(() => {
    const paths = new Set(files.filter(({ kind }) => kind === 'file').map(({ path }) => path))
    return (named) => (directory === undefined ? undefined : projectFile(named, paths, directory))
  }, [files, directory])
}
