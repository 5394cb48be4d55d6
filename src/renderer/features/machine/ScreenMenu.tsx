import { useId, type ReactElement, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { CommandId } from '../../../shared/commands/table'
import { commandTitle } from '../../../shared/commands/texts'
import { canRun, keysOf, runCommand, useCommandContext } from '../../app/commands'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Icon, type IconName } from '../../ui/Icon'
import { ASPECTS, SCALES } from './scaling'
import { keysLabel, SENDABLE_KEYS, sendKeys } from './screen-commands'

const COMMANDS: readonly (readonly [CommandId, IconName])[] = [
  ['machine.selectText', 'text'],
  ['machine.copyImage', 'copy'],
  ['machine.saveImage', 'camera'],
  ['machine.record', 'record'],
  ['machine.settings', 'settings'],
]

/** All that can be done with the screen, and how it is shown. */
export function ScreenMenu(): ReactElement {
  const { screen: text } = useStrings()
  return (
    <PopoverMenu icon="more" label={text.menu}>
      {(id) => (
        <>
          {COMMANDS.map(([command, icon]) => (
            <CommandItem key={command} command={command} icon={icon} menu={id} />
          ))}
          <ScaleItems />
        </>
      )}
    </PopoverMenu>
  )
}

/** Keys that never come through. */
export function KeysMenu(): ReactElement {
  const lab = useLab()
  const { screen: text } = useStrings()
  const on = useStore(lab.machine.store, (view) => view.phase === 'on')
  return (
    <PopoverMenu icon="keyboard" label={text.sendKeys} disabled={!on}>
      {(id) =>
        SENDABLE_KEYS.map((codes) => (
          <button key={codes.join()} type="button" className="menu-item" popoverTarget={id} popoverTargetAction="hide" onClick={() => sendKeys(lab, codes)}>
            <span>{keysLabel(codes)}</span>
          </button>
        ))
      }
    </PopoverMenu>
  )
}

function ScaleItems(): ReactElement {
  const { screen: text, settings: settingTexts } = useStrings()
  const { settings } = useLab()
  const { screenScale, screenAspect } = useStore(settings.store)
  const item = (label: string, checked: boolean, choose: () => void): ReactElement => (
    <label key={label} className="menu-item menu-choice">
      <input type="radio" checked={checked} onChange={choose} />
      <span>{label}</span>
    </label>
  )
  return (
    <>
      <fieldset className="menu-group">
        <legend>{text.scale}</legend>
        {SCALES.map((scale) => item(settingTexts.choices[scale], scale === screenScale, () => settings.set('screenScale', scale)))}
      </fieldset>
      <fieldset className="menu-group">
        <legend>{text.aspect}</legend>
        {ASPECTS.map((aspect) => item(settingTexts.choices[aspect], aspect === screenAspect, () => settings.set('screenAspect', aspect)))}
      </fieldset>
    </>
  )
}

function CommandItem({ command, icon, menu }: { command: CommandId; icon: IconName; menu: string }): ReactElement {
  const lab = useLab()
  const { commands } = useStrings()
  const context = useCommandContext()
  const keys = keysOf(command)
  return (
    <button type="button" className="menu-item" disabled={!canRun(command, context)} popoverTarget={menu} popoverTargetAction="hide" onClick={() => runCommand(lab, command)}>
      <Icon name={icon} />
      <span>{commandTitle(commands, command)}</span>
      {keys !== '' && <kbd>{keys}</kbd>}
    </button>
  )
}

/** A popover of the browser: Escape and a click elsewhere close it. Its items get its id, to close it too. */
function PopoverMenu({ icon, label, disabled = false, children }: { icon: IconName; label: string; disabled?: boolean; children: (id: string) => ReactNode }): ReactElement {
  const id = useId()
  return (
    <>
      <Button tone="quiet" icon={icon} title={label} aria-label={label} popoverTarget={id} disabled={disabled} />
      <div id={id} popover="auto" className="menu" role="group" aria-label={label}>
        {children(id)}
      </div>
    </>
  )
}
