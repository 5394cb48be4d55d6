import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { Button } from '../ui/Button'
import { useLab } from './lab'
import { modifierName } from './shortcuts'
import { strings } from './strings'
import icon from './icon.svg'

const { toolbar: text } = strings

export function Toolbar(): ReactElement {
  const { commands, projects, build, machine } = useLab()
  const project = useStore(projects.store, (state) => state.project)
  const view = useStore(projects.store, (state) => state.view)
  const building = useStore(build.store, (state) => state.status === 'running')
  const phase = useStore(machine.store, (state) => state.phase)
  const canFlash = useStore(projects.store, (state) => state.info?.canFlash)
  const ready = view === 'project' && project !== undefined
  /** A file that the system opened runs without a project. */
  const open = project !== undefined || phase !== 'off'
  return (
    <header className="toolbar">
      <img className="toolbar-icon" src={icon} alt="" width={22} height={22} />
      <h1 className="toolbar-title">{strings.product}</h1>
      {open && (
        <>
          <span className="toolbar-divider" aria-hidden="true" />
          {project && (
            <button type="button" className="toolbar-project" title={text.projectsHint} onClick={commands.showWelcome}>
              <span className="toolbar-project-name">{project.name}</span>
              {project.language && <span className="tag">{project.language}</span>}
            </button>
          )}
          <Button tone="quiet" icon="folder" title={text.projectsHint} onClick={commands.showWelcome}>
            {text.projects}
          </Button>
        </>
      )}
      <div className="toolbar-actions" role="toolbar" aria-label={text.label} hidden={!open}>
        {building ? (
          <Button icon="cancel" title={text.cancelBuildHint} onClick={commands.cancelBuild}>
            {text.cancelBuild}
          </Button>
        ) : (
          <Button icon="build" title={text.buildHint(modifierName())} disabled={!ready} onClick={commands.build}>
            {text.build}
          </Button>
        )}
        <Button tone="primary" icon="play" shortcut="F5" title={text.bootHint} disabled={!ready} onClick={commands.boot}>
          {text.boot}
        </Button>
        <Button icon="stop" title={text.stopHint} disabled={phase !== 'on'} onClick={commands.stop}>
          {text.stop}
        </Button>
        <Button
          icon="reset"
          title={phase === 'ended' ? text.bootAgainHint : text.resetHint}
          disabled={view !== 'project' || (phase !== 'on' && phase !== 'ended')}
          onClick={commands.reset}
        >
          {text.reset}
        </Button>
        <Button icon="usb" className="toolbar-usb" aria-label={text.usb} title={canFlash ? text.usbHint(modifierName()) : text.usbOffHint} disabled={!ready} onClick={commands.writeToUsb}>
          {text.usb}
        </Button>
      </div>
    </header>
  )
}
