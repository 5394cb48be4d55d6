import { useEffect, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { DoctorItem } from '../../shared/contract'
import { DoctorDialog } from '../features/doctor/DoctorDialog'
import { useProblems } from '../features/build/use-problems'
import { Icon } from '../ui/Icon'
import { useCursor } from '../features/editor/cursor'
import { usePanes } from './panes'
import { useLab } from './lab'
import { formatCount, formatDuration, strings } from './strings'

const { status: text } = strings

export function StatusBar(): ReactElement {
  const [doctor, setDoctor] = useState(false)
  const toolchain = useToolchain()
  const problems = useProblems()
  const showPane = usePanes((state) => state.showLeft)
  const cursor = useCursor()
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const warnings = problems.filter((problem) => problem.severity === 'warning').length
  return (
    <footer className="status" aria-label={text.label}>
      <MachineStatus />
      <button type="button" className="status-item" title={text.problemsHint} onClick={() => showPane('problems')}>
        <Icon name="error" size={14} /> {errors} <Icon name="warning" size={14} /> {warnings}
      </button>
      <span className="status-space" />
      {cursor && <span className="status-item">{text.position(cursor.line, cursor.column)}</span>}
      <button type="button" className="status-item" title={text.toolchainHint} onClick={() => setDoctor(true)}>
        {toolchain?.status === 'ok' || !toolchain ? <Icon name="check" size={14} /> : <Icon name="warning" size={14} />}
        {toolchain ? shortName(toolchain) : text.toolchain}
      </button>
      {doctor && <DoctorDialog onClose={() => setDoctor(false)} />}
    </footer>
  )
}

function MachineStatus(): ReactElement {
  const { machine, build } = useLab()
  const phase = useStore(machine.store, (view) => view.phase)
  const state = useStore(machine.store, (view) => view.state)
  const building = useStore(build.store, (view) => view.status === 'running')
  const status = building ? 'building' : phase === 'on' ? (state?.status ?? 'running') : phase
  return (
    <>
      <span className={`status-item status-machine status-${status}`} data-testid="machine-status">
        <span className="status-dot" aria-hidden="true" />
        {text[status]}
      </span>
      {state && phase !== 'off' && (
        <span className="status-item status-numbers">
          {text.mode[state.cpuMode]} · {text.instructions(formatCount(state.instructions))} · {formatDuration(state.milliseconds)}
        </span>
      )}
    </>
  )
}

/** The check of the compiler that builds the open project. */

function useToolchain(): DoctorItem | undefined {
  const { connection, projects, attempt } = useLab()
  const [item, setItem] = useState<DoctorItem>()
  const language = useStore(projects.store, (state) => state.project?.language)
  useEffect(() => {
    if (language === undefined) return
    const compiler = language.toLowerCase().includes('rust') ? 'rust' : 'zig'
    const controller = new AbortController()
    const check = connection.call('doctor.run', {}, { signal: controller.signal })
    attempt(check.then((items) => setItem(items.find(({ id }) => id.toLowerCase().startsWith(compiler)))))
    return () => controller.abort()
  }, [language, connection, attempt])
  return item
}

/** `zig 0.16.0`: the title without its remark, and the version if the finding tells one. */
function shortName({ title, detail, status }: DoctorItem): string {
  const version = status === 'ok' ? /\d+(?:\.\d+)+/.exec(detail)?.[0] : strings.doctor.status[status]
  return [title.replace(/ \(.*$/, ''), version].filter(Boolean).join(' ')
}
