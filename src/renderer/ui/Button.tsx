import type { ButtonHTMLAttributes, ReactElement, ReactNode } from 'react'
import { Icon, type IconName } from './Icon'

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type'> {
  icon?: IconName
  tone?: 'primary' | 'plain' | 'quiet' | 'danger'
  /** Shown at the right, like `F5`. */
  shortcut?: string
  submit?: boolean
  children?: ReactNode
  /** The command behind it (`src/shared/commands`). */
  'data-command'?: string
}

export function Button({ icon, tone = 'plain', shortcut, submit, children, className = '', ...rest }: Props): ReactElement {
  return (
    <button type={submit ? 'submit' : 'button'} className={`button button-${tone} ${children ? '' : 'button-icon'} ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
      {shortcut && <kbd aria-hidden="true">{shortcut}</kbd>}
    </button>
  )
}
