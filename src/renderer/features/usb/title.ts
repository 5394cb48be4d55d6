/** What each page is called: its heading, and the dialog's name. */
import { strings } from '../../app/strings'
import type { UsbState } from './usb'

const { usb: text } = strings

export function titleOf({ page, task, selected, done, failed }: Pick<UsbState, 'page' | 'task' | 'selected' | 'done' | 'failed'>): string {
  const name = selected?.name ?? ''
  switch (page) {
    case 'off':
      return text.off.title
    case 'check':
      return task === 'restore' ? text.check.titleRestore(name) : text.check.title(name)
    case 'write':
      return task === 'restore' ? text.write.titleRestore(name) : text.write.title(name)
    case 'done':
      if (task === 'restore') return text.done.titleRestored
      return done && 'verified' in done && done.verified ? text.done.titleVerified : text.done.title
    case 'error':
      return failed?.failure.code === 'cancelled' ? text.error.titleCancelled : text.error.title
    case 'restore':
      return text.restore.title
    default:
      return text.pick.title
  }
}
