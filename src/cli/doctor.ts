/** `bootlab doctor`. */
import { doctor } from '../main/services/doctor'
import { locate } from '../main/services/locations'
import { defaultDataDirectory } from '../main/services/services'
import type { DoctorItem } from '../shared/contract'
import { EXIT } from './exit-codes'

const marks: Readonly<Record<DoctorItem['status'], string>> = { ok: 'ok      ', missing: 'MISSING ', broken: 'BROKEN  ', 'optional-missing': 'optional' }

/** @returns `unavailable` when something that every build needs is missing */
export async function doctorCommand(json: boolean, signal: AbortSignal): Promise<number> {
  const items = await doctor(locate(), defaultDataDirectory(), signal)
  if (json) console.log(JSON.stringify(items))
  else {
    for (const { title, status, detail, next } of items) {
      console.log(`${marks[status]}  ${title}: ${detail}`)
      if (next) console.log(`          Next: ${next}`)
    }
  }
  return items.some(({ status }) => status === 'missing' || status === 'broken') ? EXIT.unavailable : EXIT.ok
}
