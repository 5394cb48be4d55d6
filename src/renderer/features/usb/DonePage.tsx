import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { formatBytes } from '../../app/format'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'
import { CopyButton } from './CopyButton'
import type { Done } from './usb'

const { done: text, pick } = strings.usb

export function DonePage(): ReactElement | null {
  const { usb } = useLab()
  const { done, selected } = useStore(usb.store)
  if (!done || !selected) return null
  const written = 'sha256' in done
  return (
    <>
      <div className="usb-body">
        <p className="usb-good">
          <Icon name="check" size={20} /> <b>{summary(done, selected.name)}</b>
        </p>
        {written && <Written sha256={done.sha256} />}
        <p>{done.ejected ? text.ejected : text.eject}</p>
        {written && <BootHelp />}
      </div>
      <footer className="dialog-footer">
        {written ? (
          <Button onClick={usb.another}>{text.another}</Button>
        ) : (
          <Button onClick={() => usb.toPick('write')}>{text.againWrite}</Button>
        )}
        <Button tone="primary" onClick={usb.close}>
          {strings.usb.close}
        </Button>
      </footer>
    </>
  )
}

/** What the writing process calls them, for people. */
const names: Readonly<Record<string, string>> = strings.usb.parts.fileSystems

function summary(done: Done, name: string): string {
  if (!('sha256' in done)) return text.restored(name, strings.usb.parts.formatted(names[done.fileSystem] ?? done.fileSystem, done.label))
  return done.verified ? text.verified(formatBytes(done.bytes), name) : text.unverified(formatBytes(done.bytes), name)
}

/** What was written is told even if somebody changed the image after it was looked at. */
function Written({ sha256 }: { sha256: string }): ReactElement {
  const { usb } = useLab()
  const image = useStore(usb.store, (state) => state.image)
  const same = image.status === 'ready' && image.facts.sha256 === sha256
  return (
    <>
      <dl className="usb-facts">
        <dt>{pick.sha256}</dt>
        <dd className="usb-sha">
          <code>{sha256}</code>
          <CopyButton value={sha256} label={pick.copySha} short />
        </dd>
      </dl>
      <p className={same ? 'usb-soft' : 'usb-warning'}>{same ? text.sameSha : text.otherSha}</p>
    </>
  )
}

function BootHelp(): ReactElement {
  return (
    <section className="usb-boot">
      <h3>{text.boot}</h3>
      <p>{text.bootHow}</p>
      <p className="usb-soft">{text.bootSecure}</p>
      <details>
        <summary>{text.makers}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{text.maker}</th>
              <th scope="col">{text.menu}</th>
              <th scope="col">{text.setup}</th>
            </tr>
          </thead>
          <tbody>
            {strings.usb.makerKeys.map(([maker, menu, setup]) => (
              <tr key={maker}>
                <th scope="row">{maker}</th>
                <td>{menu}</td>
                <td>{setup}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  )
}
