import type { ReactElement } from 'react'
import { strings } from '../../app/strings'
import { named, type Part } from './picture'

const { usb: text } = strings

/** A drive as a bar in proportion; what is too small to be seen has a sliver. The same in words beside it. */
export function LayoutPicture({ title, parts }: { title: string; parts: readonly Part[] }): ReactElement {
  const worded = named(parts)
  return (
    <figure className="usb-picture">
      <figcaption>{title}</figcaption>
      <div className="usb-bar" role="img" aria-label={`${title}: ${worded.map(({ label, bytes }) => text.parts.part(label, bytes)).join('; ')}`}>
        {parts.map(({ kind, bytes }, index) => (
          // Parts have no identity beyond their order.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className={`usb-part usb-part-${kind.replace(' ', '-')}`} style={{ flexGrow: bytes }} />
        ))}
      </div>
      <ul className="usb-legend" aria-hidden="true">
        {worded.map(({ kind, label, bytes }, index) => (
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <span className={`usb-part usb-part-${kind.replace(' ', '-')}`} />
            {text.parts.part(label, bytes)}
          </li>
        ))}
      </ul>
    </figure>
  )
}
