/** Which facts of devices differ between two looks. */
import type { DeviceView } from '../../../shared/debug'

export const factKey = (device: string, group: string, fact: string): string => `${device}\n${group}\n${fact}`

function valuesOf(devices: readonly DeviceView[]): Map<string, string> {
  return new Map(devices.flatMap(({ name, groups }) => groups.flatMap(({ title, facts }) => facts.map((fact): [string, string] => [factKey(name, title, fact.name), `${fact.value}\n${fact.meaning ?? ''}`]))))
}

/** Keys of facts that were there before with another value, and the value that it was. */
export function changedFacts(now: readonly DeviceView[], before: readonly DeviceView[] | undefined): ReadonlyMap<string, string> {
  if (!before) return new Map()
  const old = valuesOf(before)
  return new Map([...valuesOf(now)].flatMap(([key, value]): [string, string][] => {
    const was = old.get(key)
    return was === undefined || was === value ? [] : [[key, was.slice(0, was.indexOf('\n'))]]
  }))
}
