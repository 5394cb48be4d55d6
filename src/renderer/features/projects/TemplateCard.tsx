import type { ReactElement } from 'react'
import type { Template } from '../../../shared/contract'
import { useStrings } from '../../strings'
import { templatePictures } from './pictures'

/** One step of a track: what it shows when it runs, its number, its title, what it teaches. */
export function TemplateCard({ template, onChoose }: { template: Template; onChoose(template: Template): void }): ReactElement {
  const { welcome: text } = useStrings()
  const { id, title, step, language, teaches } = template
  const picture = templatePictures.get(id)
  return (
    <li>
      <button
        type="button"
        className="card"
        data-template={id}
        aria-label={text.create(step, title, language)}
        aria-describedby={`teaches-${id}`}
        onClick={() => onChoose(template)}
      >
        {picture !== undefined && <img className="card-picture" src={picture} alt="" title={text.picture} loading="lazy" />}
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
