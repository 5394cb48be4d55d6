import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useStrings } from '../strings'
import { Button } from '../ui/Button'
import { CommandButton } from './CommandButton'
import icon from './icon.svg'
import { useLab } from './lab'

export function Toolbar(): ReactElement {
  const { commands, projects, build, machine } = useLab()
  const { product, toolbar: text, control } = useStrings()
  const project = useStore(projects.store, (state) => state.project)
  const building = useStore(build.store, (state) => state.status === 'running')
  const phase = useStore(machine.store, (state) => state.phase)
  const paused = useStore(machine.store, (state) => state.phase === 'on' && state.state?.paused !== undefined)
  const canFlash = useStore(projects.store, (state) => state.info?.canFlash ?? false)
  /** A file that the system opened runs without a project. */
  const open = project !== undefined || phase !== 'off'
  return (
    <header className="toolbar">
      <img className="toolbar-icon" src={icon} alt="" />
      <h1 className="toolbar-title">{product}</h1>
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
      <div className="toolbar-actions" role="toolbar" aria-label={text.label}>
        {open && (
          <>
            {building ? (
              <CommandButton command="build.cancel" icon="cancel" label={text.cancelBuild} />
            ) : (
              <CommandButton command="build.run" icon="build" label={text.build} />
            )}
            {paused ? (
              <CommandButton command="debug.continue" icon="play" label={control.continue} tone="primary" showKeys />
            ) : (
              <CommandButton command="machine.boot" icon="play" label={text.boot} tone="primary" showKeys />
            )}
            <CommandButton command="machine.stop" icon="stop" label={text.stop} />
            <CommandButton command="machine.reset" icon="reset" label={phase === 'ended' ? text.bootAgain : text.reset} />
            <CommandButton command="usb.write" icon="usb" label={text.usb} {...(canFlash ? {} : { hint: text.usbOffHint })} />
            <span className="toolbar-divider" aria-hidden="true" />
          </>
        )}
        <CommandButton command="view.palette" icon="search" tone="quiet" />
        <CommandButton command="view.settings" icon="settings" tone="quiet" />
      </div>
    </header>
  )
}
