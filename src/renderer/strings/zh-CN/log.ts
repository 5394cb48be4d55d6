import type { log as en } from '../en/log'
import { number } from './format'

export const log: typeof en = {
  log: {
    cut: (dropped, lost) => [dropped > 0 && `省略了较早的 ${number(dropped)} 行：日志只保留最后的部分。`, lost > 0 && `有 ${number(lost)} 行输出过快，未能显示。`].filter(Boolean).join(''),
    state: { running: '运行中', ok: '成功', cached: '来自缓存', failed: '失败' },
    notRun: '没有任何改动：沿用了之前的结果。',
    silent: '没有输出。',
    copyCommand: '复制命令行',
    copied: '已复制',
    toEnd: '跳到末尾',
    foldAll: '折叠所有步骤',
    unfoldAll: '展开所有步骤',
    find: '在构建日志中查找',
    next: '下一处',
    previous: '上一处',
    closeFind: '关闭查找',
    place: (at, count) => `第 ${number(at)} 行，共 ${number(count)} 行`,
    nothing: '无匹配',
  },
}
