import { useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { Template } from '../../../shared/contract'
import { CommandButton } from '../../app/CommandButton'
import { useCommandContext } from '../../app/commands'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Icon } from '../../ui/Icon'
import icon from '../../app/icon.svg'
import { CreateDialog } from './CreateDialog'
import { ImportDialog } from './ImportDialog'
import { TemplateCard } from './TemplateCard'

export function Welcome(): ReactElement {
  const { welcome: text, tour, toolbar, product, tagline, format } = useStrings()
  const { projects, commands, attempt } = useLab()
  const { templates, recent, importing, info } = useStore(projects.store)
  const { behind } = useCommandContext()
  const [creating, setCreating] = useState<Template>()
  const [now] = useState(Date.now)

  return (
    <main className="welcome">
      <div className="welcome-page">
        <div className="welcome-head">
          <img src={icon} alt="" className="welcome-icon" />
          <div>
            <h2 className="welcome-product">{product}</h2>
            <p className="welcome-tagline">{tagline}</p>
          </div>
          {behind && (
            <Button icon="back" onClick={commands.hideWelcome}>
              {text.back}
            </Button>
          )}
        </div>

        <section aria-labelledby="welcome-recent">
          <div className="welcome-row">
            <h3 id="welcome-recent">{text.recent}</h3>
            <CommandButton command="help.tour" icon="help" label={tour.start} hint={tour.startHint} tone="primary" />
            {/* Else the toolbar has it. */}
            {!behind && <CommandButton command="usb.write" icon="usb" label={toolbar.usb} {...(info?.canFlash === false ? { hint: toolbar.usbOffHint } : {})} />}
            <Button icon="folder" title={text.openFolderHint} onClick={commands.openFolder}>
              {text.openFolder}
            </Button>
          </div>
          {recent.length === 0 ? (
            <p className="welcome-hint">{text.noRecent}</p>
          ) : (
            <ul className="recent">
              {recent.map(({ directory, name, openedAt, present }) => (
                <li key={directory}>
                  <button type="button" className="recent-open" disabled={!present} onClick={() => commands.openProject(directory)}>
                    <Icon name="folder" />
                    <span className="recent-name">{name}</span>
                    <span className="recent-path">{directory}</span>
                    <time dateTime={new Date(openedAt).toISOString()}>{format.ago(openedAt, now)}</time>
                    {!present && <span className="tag">{text.missing}</span>}
                  </button>
                  <Button
                    tone="quiet"
                    icon="cancel"
                    aria-label={text.forget(name)}
                    title={text.forget(name)}
                    onClick={() => attempt(projects.forget(directory))}
                  />
                </li>
              ))}
            </ul>
          )}
        </section>

        <section aria-labelledby="welcome-templates">
          <h3 id="welcome-templates">{text.templates}</h3>
          <p className="welcome-hint">{templates.length > 0 ? text.templatesHint : text.noTemplates}</p>
          {tracksOf(templates).map((track) => (
            <div className="track" key={track}>
              <h4 id={`track-${track}`}>{text.track(track)}</h4>
              <ol className="cards" aria-labelledby={`track-${track}`}>
                {templates
                  .filter((template) => template.language === track)
                  .map((template) => (
                    <TemplateCard key={template.id} template={template} onChoose={setCreating} />
                  ))}
              </ol>
            </div>
          ))}
        </section>
      </div>
      {creating && <CreateDialog template={creating} onClose={() => setCreating(undefined)} />}
      {importing && <ImportDialog key={importing.directory} plan={importing} onClose={projects.dropImport} />}
    </main>
  )
}

/** In the order in which the templates come. */
function tracksOf(templates: readonly Template[]): string[] {
  return [...new Set(templates.map(({ language }) => language))]
}
