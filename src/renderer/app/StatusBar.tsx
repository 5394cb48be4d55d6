import { useEffect, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { DoctorItem } from '../../shared/contract'
import { BuildOutcome } from '../features/build/BuildOutcome'
import { useProblems } from '../features/build/use-problems'
import { usePauseText } from '../features/debugger/use-pause'
import { useCursor } from '../features/editor/cursor'
import { LanguageStatus } from '../features/editor/LanguageStatus'
import { ExploreButton } from '../features/image/ExploreButton'
import { ServerStatus } from '../features/languages/ServerStatus'
import { useStrings } from '../strings'
import { Icon } from '../ui/Icon'
import { useLab } from './lab'

export function StatusBar(): ReactElement {
  const { status: text } = useStrings()
  const { dock, projects } = useLab()
  const problems = useProblems()
  const cursor = useCursor()
  const inProject = useStore(projects.store, (state) => state.view === 'project')
  const count = (severity: string): number => problems.filter((problem) => problem.severity === severity).length
  const [errors, warnings] = [count('error'), count('warning')]
  return (
    <footer className="status" aria-label={text.label}>
      <MachineStatus />
      {inProject && (
        <button type="button" className="status-item" title={text.problems(errors, warnings)} onClick={() => dock.focus('problems')}>
          <span className="status-counts" aria-hidden="true">
            <Icon name="error" size={14} /> {errors} <Icon name="warning" size={14} /> {warnings}
          </span>
          <span className="visually-hidden">{text.problems(errors, warnings)}</span>
        </button>
      )}
      <BuildOutcome />
      {inProject && <ExploreButton />}
      <span className="status-space" />
      {inProject && cursor && <span className="status-item">{text.position(cursor.line, cursor.column)}</span>}
      {inProject && <LanguageStatus />}
      {inProject && <ServerStatus />}
      {inProject && <TargetStatus />}
      <ToolchainStatus />
      <NotificationStatus />
    </footer>
  )
}

function MachineStatus(): ReactElement {
  const { status: text, format } = useStrings()
  const { machine, build } = useLab()
  const phase = useStore(machine.store, (view) => view.phase)
  const state = useStore(machine.store, (view) => view.state)
  const speed = useStore(machine.store, (view) => view.speed)
  const building = useStore(build.store, (view) => view.status === 'running')
  const pause = usePauseText()
  const status = building ? 'building' : pause !== undefined ? 'paused' : phase === 'on' ? (state?.status ?? 'running') : phase
  return (
    <>
      <span className={`status-item status-machine status-${status} ${status === 'paused' ? 'status-pause' : ''}`} data-testid="machine-status">
        <span className="status-dot" aria-hidden="true" />
        {status === 'paused' ? <span title={pause}>{pause}</span> : text[status]}
      </span>
      {state && phase !== 'off' && (
        <span className="status-item status-numbers">
          {text.mode[state.cpuMode]} · {text.instructions(format.count(state.instructions))} · {format.duration(state.milliseconds)}
        </span>
      )}
      {phase === 'on' && speed !== undefined && pause === undefined && (
        <span className="status-item status-numbers" title={text.speedHint} data-testid="machine-speed">
          {text.speed(format.count(speed))}
        </span>
      )}
    </>
  )
}

/** What the kernel is compiled for, and what the machine's firmware is. */
function TargetStatus(): ReactElement {
  const { status: text } = useStrings()
  const { projects, commands } = useLab()
  const target = useStore(projects.store, (state) => state.project?.target)
  return (
    <>
      {target !== undefined && (
        <button type="button" className="status-item status-minor" title={text.targetHint} onClick={() => commands.openFile(target)}>
          {text.target(target.replace(/\.json$/, ''))}
        </button>
      )}
      <span className="status-item status-minor" title={text.firmwareHint}>
        {text.firmware}
      </span>
    </>
  )
}

function ToolchainStatus(): ReactElement {
  const { status: text, doctor } = useStrings()
  const { surfaces } = useLab()
  const toolchain = useToolchain()
  return (
    <button type="button" className="status-item" title={text.toolchainHint} onClick={() => surfaces.show('toolchain')}>
      <Icon name={toolchain?.status === 'ok' || !toolchain ? 'check' : 'warning'} size={14} />
      {toolchain ? shortName(toolchain, doctor.status) : text.toolchain}
    </button>
  )
}

function NotificationStatus(): ReactElement {
  const { notifications: text } = useStrings()
  const { surfaces, notifications } = useLab()
  const unread = useStore(notifications.store, (state) => state.unread)
  const count = useStore(notifications.store, (state) => state.history.length)
  return (
    <button type="button" className="status-item" title={text.open(count)} onClick={() => surfaces.show('notifications')}>
      <Icon name="bell" size={14} />
      <span className="visually-hidden">{text.open(count)}</span>
      {unread > 0 && (
        <span className="count" aria-hidden="true">
          {unread}
        </span>
      )}
    </button>
  )
}

/** How long the check of the compiler waits after a project was opened. */
const TOOLCHAIN_CHECK_MS = 2000

/** The check of the compiler that builds the open project. */
function useToolchain(): DoctorItem | undefined {
  const { connection, projects, attempt } = useLab()
  const [item, setItem] = useState<DoctorItem>()
  const language = useStore(projects.store, (state) => state.project?.language)
  useEffect(() => {
    if (language === undefined) return
    const compiler = language.toLowerCase().includes('rust') ? 'rust' : 'zig'
    const controller = new AbortController()
    // Compilers are started to hear their versions: not while the editor comes up, which a person waits for.
    const timer = setTimeout(() => {
      const check = connection.call('doctor.run', {}, { signal: controller.signal })
      attempt(check.then((items) => setItem(items.find(({ id }) => id.toLowerCase().startsWith(compiler)))))
    }, TOOLCHAIN_CHECK_MS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [language, connection, attempt])
  return item
}

/** `zig 0.16.0`: the title without its remark, and the version if the finding tells one. */
function shortName({ title, detail, status }: DoctorItem, words: Readonly<Record<DoctorItem['status'], string>>): string {
  const version = status === 'ok' ? /\d+(?:\.\d+)+/.exec(detail)?.[0] : words[status]
  return [title.replace(/ \(.*$/, ''), version].filter(Boolean).join(' ')
}
