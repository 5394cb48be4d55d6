import { useMemo, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { DeviceView } from '../../../shared/debug'
import type { Connection } from '../../app/connection'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { FailureText } from '../../ui/FailureText'
import { useLook } from '../debugger/look'
import { changedFacts, factKey } from './changed-facts'
import './inside.css'
import { NoMachine } from './NoMachine'

const ask = (call: Connection['call'], machine: string): Promise<DeviceView[]> => call('debug.devices', { machine })

/** The chips, each with what its registers say. */
export function DevicesPanel(): ReactElement {
  const { inside: text } = useStrings()
  const { machine } = useLab()
  const on = useStore(machine.store, (view) => view.machine !== undefined)
  return on ? <Devices /> : <NoMachine icon="chip" teaches={text.devices.teaches} />
}

function Devices(): ReactElement {
  const { inside: text } = useStrings()
  const { value, before, failure } = useLook(ask)
  const changed = useMemo(() => changedFacts(value ?? [], before), [value, before])
  return (
    <div className="inside">
      {failure && <FailureText failure={failure} />}
      <div className="inside-scroll devices" tabIndex={0} role="region" aria-label={text.devices.label}>
        {value?.map((device) => (
          <section key={device.name} className="device">
            <h3>{device.name}</h3>
            {device.groups.map(({ title, facts }) => (
              <div key={title} className="device-group">
                <h4>{title}</h4>
                <dl>
                  {facts.map(({ name, value: shown, meaning }) => {
                    const was = changed.get(factKey(device.name, title, name))
                    return (
                      <div key={name} className={was === undefined ? '' : 'device-changed'} title={was === undefined ? undefined : text.devices.was(was)}>
                        <dt>{name}</dt>
                        <dd>
                          <span className="mono">{shown}</span> {meaning !== undefined && <span className="device-meaning">{meaning}</span>}
                          {was !== undefined && <span className="visually-hidden">{text.devices.was(was)}</span>}
                        </dd>
                      </div>
                    )
                  })}
                </dl>
              </div>
            ))}
          </section>
        ))}
      </div>
    </div>
  )
}
