// What a box is, beside it: for a pointer that rests on it and for the one that has the focus.

import type { Node } from './data.ts'
import { describe } from './map.ts'

const DISTANCE = 14 // pixels from the pointer

export interface Tip {
  readonly show: (node: Node, x: number, y: number) => void
  readonly hide: () => void
}

export function createTip(element: HTMLElement, root: Node): Tip {
  return {
    show: (node, x, y) => {
      const [path, size] = describe(node, root)
      const name = document.createElement('strong')
      name.textContent = path
      const amount = document.createElement('span')
      amount.textContent = size
      element.replaceChildren(name, amount)
      element.hidden = false
      const { offsetWidth: width, offsetHeight: height } = element
      element.style.left = `${within(x + DISTANCE, width, innerWidth)}px`
      element.style.top = `${y + DISTANCE + height > innerHeight ? Math.max(0, y - DISTANCE - height) : y + DISTANCE}px`
    },
    hide: () => {
      element.hidden = true
    },
  }
}

function within(at: number, length: number, room: number): number {
  return Math.max(0, Math.min(at, room - length))
}
