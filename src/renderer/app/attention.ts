/** Which panels come to the front by themselves, and when. */
import type { Build } from '../features/build/build'
import type { Machine } from '../features/machine/machine'
import type { Dock } from './dock'
import type { Settings } from './settings'

/** Panels of somebody who debugs: a build of which nothing is to be said does not cover them. */
const BESIDE_LOG = ['disassembly', 'breakpoints'] as const

export function drawAttention({ build, machine, dock, settings }: { build: Build; machine: Machine; dock: Dock; settings: Settings }): void {
  // A failed build, and a project that cannot be read, are about their problems; a running build about its log.
  build.store.subscribe(({ status, problems }, previous) => {
    if (status === 'running' && previous.status !== 'running') dock.reveal('log', !BESIDE_LOG.some(dock.inFront))
    const changed = status !== previous.status || problems.length !== previous.problems.length
    if (changed && (status === 'failed' || status === 'none') && problems.length > 0) dock.reveal('problems')
  })

  // What a person has to see comes to the front; a plain stop does not.
  machine.store.subscribe(({ report, received, phase }, previous) => {
    if (report && report !== previous.report && report.reason !== 'stopped') dock.reveal('report')
    if (received.debug > 0 && previous.received.debug === 0) dock.reveal('debug', false)
    if (phase === 'on' && previous.phase === 'starting' && settings.store.getState().keyboardOnBoot) dock.focus('screen')
  })
}
