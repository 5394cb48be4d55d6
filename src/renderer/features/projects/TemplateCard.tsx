import type { ReactElement } from 'react'
import type { Template } from '../../../shared/contract'
import { useStrings } from '../../strings'

/** One step of a track: its number, its title, what it teaches. */
export function TemplateCard({ template, onChoose }: { template: Template; onChoose(template: Template): void }): ReactElement {
  const { welcome } = useStrings()
  const { id, title, step, language, teaches } = template
  return (
    <li>
      <button
        type="button"
        className="card"
        data-template={id}
        aria-label={welcome.create(step, title, language)}
        aria-describedby={`teaches-${id}`}
        onClick={() => onChoose(template)}
      >
        <span className="card-head">
          <span className="card-step" aria-hidden="true">
            {step}
          </span>
          <span className="card-title">{title}</span>
        </span>
        <span className="card-teaches" id={`teaches-${id}`}>
          {teaches}
        </span>
      </button>
    </li>
  )
}
