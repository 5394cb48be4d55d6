/** The build log: its steps, and the search in it. */
import { plural } from './format'

export const log = {
  log: {
    cut: (dropped: number, lost: number) =>
      [dropped > 0 && `${plural(dropped, 'earlier line was', 'earlier lines were')} left out: the log keeps the last ones.`, lost > 0 && `${plural(lost, 'line', 'lines')} came faster than they could be shown.`].filter(Boolean).join(' '),
    state: { running: 'running', ok: 'succeeded', cached: 'from the cache', failed: 'failed' },
    notRun: 'Nothing had changed: the earlier result was used again.',
    silent: 'It printed nothing.',
    copyCommand: 'Copy the command line',
    copied: 'Copied',
    toEnd: 'Jump to the end',
    foldAll: 'Fold all steps',
    unfoldAll: 'Unfold all steps',
    find: 'Find in the build log',
    next: 'Next match',
    previous: 'Previous match',
    closeFind: 'Close the search',
    place: (at: number, count: number) => `${at} of ${plural(count, 'line', 'lines')}`,
    nothing: 'No match',
  },
}
