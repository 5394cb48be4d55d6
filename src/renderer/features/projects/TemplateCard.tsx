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
    <li className="card">
      {picture !== undefined && <img className="card-picture" src={picture} alt="" loading="lazy" />}
      <div className="card-head">
        <span className="card-step" aria-hidden="true">
          {step}
        </span>
        {/* Its clickable area is the whole card: see welcome.css. */}
        <button
          type="button"
          className="card-title"
          data-template={id}
          aria-label={text.create(step, title, language)}
          aria-describedby={`teaches-${id}`}
          onClick={() => onChoose(template)}
        >
          {title}
        </button>
      </div>
      <p className="card-teaches" id={`teaches-${id}`}>
        {teaches}
      </p>
    </li>
  )
}
