import type { SearchFile } from '../../../shared/search'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { countMatches } from './search'

/** Replaces places of a search, and says where that could not be. @returns a function; its second argument asks first */
export function useReplace(): (files: readonly SearchFile[], ask?: boolean) => void {
  const { search: text } = useStrings()
  const { search, dialogs, notifications, attempt } = useLab()
  const replace = async (files: readonly SearchFile[], ask: boolean): Promise<void> => {
    if (ask) {
      const choice = await dialogs.ask({
        title: text.replaceAllTitle(countMatches(files), files.length),
        body: text.replaceAllBody,
        choices: [{ id: 'replace', label: text.replaceAllChoice, tone: 'primary' }],
      })
      if (choice === undefined) return
    }
    const stale = await search.replace(files)
    if (stale.length > 0) notifications.info(`${text.stale} ${stale.join(', ')}`, text.staleHint)
  }
  return (files, ask = false) => attempt(replace(files, ask))
}
