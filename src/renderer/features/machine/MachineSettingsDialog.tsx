import { useId, useState, type FormEvent, type ReactElement, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { canBeSeveral, CPU_MODEL_NAMES } from '../../../shared/cpu-models'
import { BOOT_MEDIA, MOST_CPUS, MOST_EXTRA_DRIVES, type InsertedDrive } from '../../../shared/machine-schemas'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { saveSettings, settingsOf } from './machine-settings'
import { LEAST_MEMORY_MIB, machineSettingsSchema, MOST_MEMORY_MIB, type MachineSettings } from './settings-schema'

const CPU_COUNTS = Array.from({ length: MOST_CPUS }, (_, index) => index + 1)

/** Memory, processors and drives of the machine, for this project or image. */
export function MachineSettingsDialog({ onClose }: { onClose(): void }): ReactElement {
  const { machineSettings: text, dialog } = useStrings()
  const { ui, machine, projects, commands, bootedFile } = useLab()
  const project = useStore(projects.store, (state) => state.project)
  const on = useStore(machine.store, (view) => view.phase === 'on')
  const key = bootedFile() ?? project?.directory ?? ''
  const [values, setValues] = useState<MachineSettings>(() => settingsOf(ui, key))
  const [memory, setMemory] = useState(values.memoryMiB === undefined ? '' : String(values.memoryMiB))
  const drives = values.drives ?? []
  const { memoryMiB: _memory, ...others } = values
  const checked = machineSettingsSchema.safeParse({ ...others, ...(memory === '' ? {} : { memoryMiB: Number(memory) }), drives: drives.map((drive) => ({ ...drive, path: drive.path.trim() })) })

  /** Old processors are alone in their computers. */
  const fits = (values.cpus ?? project?.cpus ?? 1) === 1 || canBeSeveral(values.cpu ?? project?.cpu ?? 'max')

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    if (!checked.success || !fits) return
    saveSettings(ui, key, checked.data)
    onClose()
    if (on) commands.bootAgain()
  }
  const setDrive = (index: number, drive: InsertedDrive | undefined): void => setValues({ ...values, drives: drives.flatMap((one, at) => (at === index ? (drive ?? []) : one)) })

  return (
    <Dialog title={text.title} onClose={onClose} className="machine-settings">
      <form onSubmit={submit}>
        <p className="field-hint">{text.hint}</p>
        <Row label={text.memory} hint={text.memoryHint(project?.memoryMiB ?? 128)}>
          {(id) => <input id={id} type="number" min={LEAST_MEMORY_MIB} max={MOST_MEMORY_MIB} step={1} placeholder={String(project?.memoryMiB ?? 128)} value={memory} onChange={(event) => setMemory(event.target.value)} />}
        </Row>
        <Row label={text.cpu} hint={text.cpuHint}>
          {(id) => (
            <select id={id} value={values.cpu ?? ''} onChange={(event) => setValues({ ...values, cpu: CPU_MODEL_NAMES.find((name) => name === event.target.value) })}>
              <option value="">{text.asProject(text.models[project?.cpu ?? 'max'])}</option>
              {CPU_MODEL_NAMES.map((name) => (
                <option key={name} value={name}>
                  {text.models[name]}
                </option>
              ))}
            </select>
          )}
        </Row>
        <Row label={text.cpus} hint={fits ? text.cpusHint : text.cpusNeedApic}>
          {(id) => (
            <select id={id} value={values.cpus ?? ''} aria-invalid={!fits} onChange={(event) => setValues({ ...values, cpus: CPU_COUNTS.find((count) => String(count) === event.target.value) })}>
              <option value="">{text.asProject(String(project?.cpus ?? 1))}</option>
              {CPU_COUNTS.map((count) => (
                <option key={count} value={count}>
                  {count}
                </option>
              ))}
            </select>
          )}
        </Row>
        <Row label={text.medium} hint={text.mediumHint}>
          {(id) => (
            <select id={id} value={values.medium ?? ''} onChange={(event) => setValues({ ...values, medium: BOOT_MEDIA.find((name) => name === event.target.value) })}>
              <option value="">{text.asItLooks}</option>
              {BOOT_MEDIA.map((name) => (
                <option key={name} value={name}>
                  {text.media[name]}
                </option>
              ))}
            </select>
          )}
        </Row>
        <fieldset className="drives">
          <legend>{text.drives}</legend>
          <p className="field-hint">{text.drivesHint}</p>
          {drives.map((drive, index) => (
            // A drive has no identity beyond its place.
            // oxlint-disable-next-line react/no-array-index-key
            <DriveRow key={index} drive={drive} onChange={(changed) => setDrive(index, changed)} />
          ))}
          <Button icon="plus" disabled={drives.length >= MOST_EXTRA_DRIVES} onClick={() => setValues({ ...values, drives: [...drives, { path: '', medium: 'disk', readOnly: false }] })}>
            {text.addDrive}
          </Button>
        </fieldset>
        <footer className="dialog-footer">
          {on && <span className="field-hint">{text.restart}</span>}
          <Button tone="quiet" onClick={onClose}>
            {dialog.cancel}
          </Button>
          <Button tone="primary" submit disabled={!checked.success || !fits}>
            {on ? text.saveAndBoot : text.save}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

function Row({ label, hint, children }: { label: string; hint: string; children: (id: string) => ReactNode }): ReactElement {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-row">{children(id)}</div>
      <p className="field-hint">{hint}</p>
    </div>
  )
}

function DriveRow({ drive, onChange }: { drive: InsertedDrive; onChange(drive: InsertedDrive | undefined): void }): ReactElement {
  const { machineSettings: text } = useStrings()
  return (
    <div className="drive-row">
      <select aria-label={text.driveKind} value={drive.medium} onChange={(event) => onChange({ ...drive, medium: BOOT_MEDIA.find((name) => name === event.target.value) ?? drive.medium })}>
        {BOOT_MEDIA.map((name) => (
          <option key={name} value={name}>
            {text.media[name]}
          </option>
        ))}
      </select>
      <input className="mono" aria-label={text.drivePath} placeholder={text.drivePath} value={drive.path} onChange={(event) => onChange({ ...drive, path: event.target.value })} spellCheck={false} autoComplete="off" />
      <label className="drive-protect">
        <input type="checkbox" checked={drive.readOnly} onChange={(event) => onChange({ ...drive, readOnly: event.target.checked })} />
        {text.readOnly}
      </label>
      <Button tone="quiet" icon="cancel" title={text.removeDrive} aria-label={text.removeDrive} onClick={() => onChange(undefined)} />
    </div>
  )
}
