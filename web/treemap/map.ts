// The boxes of the treemap: drawn for the node that is looked into, one of them at hand for the keyboard.

import { formatShare } from '../../src/artefact/weigh/share.ts'
import { arrange, type Box, type Look } from '../../src/artefact/weigh/treemap.ts'
import { formatSize } from '../../src/base/size.ts'
import { labelsTo, type Node, pathTo } from './data.ts'

const LOOK: Look = { strip: 19, margin: 2, leastWidth: 40, leastHeight: 24, leastSide: 5 }
/** Of a box that has room for a word, and for its size beside or below it. Pixels. */
const NAMED = { width: 28, height: 14 }
const SIZED = { width: 64, height: 34 }

export interface TreeMap {
  /** Draws what is in a node, with `at` at hand: itself where it is not given. */
  readonly show: (node: Node, at?: Node) => void
  /** Sets off the boxes of these nodes, and nothing where it is undefined. */
  readonly mark: (nodes: ReadonlySet<Node> | undefined) => void
  readonly boxOf: (node: Node) => HTMLElement | undefined
  readonly nodeOf: (target: EventTarget | null) => Node | undefined
  /** Puts a box at hand and the focus on it. */
  readonly focus: (node: Node) => void
}

export function createMap(place: HTMLElement, root: Node): TreeMap {
  let elements = new Map<Node, HTMLElement>()
  let nodes = new WeakMap<Element, Node>()
  let marked: ReadonlySet<Node> | undefined
  let atHand: HTMLElement | undefined

  const show = (node: Node, at: Node = node): void => {
    const area = { x: 0, y: 0, width: place.clientWidth, height: place.clientHeight }
    const boxes = arrange(node, area, LOOK)
    elements = new Map()
    nodes = new WeakMap()
    const drawn = document.createDocumentFragment()
    for (const box of boxes) {
      const element = drawBox(box, root)
      elements.set(box.part, element)
      nodes.set(element, box.part)
      drawn.append(element)
    }
    place.replaceChildren(drawn)
    putAtHand(elements.get(at) ?? elements.get(node))
    mark(marked)
  }

  const putAtHand = (element: HTMLElement | undefined): void => {
    if (atHand !== undefined) atHand.tabIndex = -1
    atHand = element
    if (atHand !== undefined) atHand.tabIndex = 0
  }

  const mark = (found: ReadonlySet<Node> | undefined): void => {
    marked = found
    for (const [node, element] of elements) {
      const hit = found !== undefined && pathTo(node).some((each) => found.has(each))
      element.classList.toggle('hit', hit)
      element.classList.toggle('miss', found !== undefined && !hit)
    }
  }

  return {
    show,
    mark,
    boxOf: (node) => elements.get(node),
    nodeOf: (target) => {
      const element = target instanceof Element ? target.closest('.box') : null
      return element === null ? undefined : nodes.get(element)
    },
    focus: (node) => {
      const element = elements.get(node)
      putAtHand(element)
      element?.focus()
    },
  }
}

function drawBox({ part, open, x, y, width, height }: Box<Node>, root: Node): HTMLElement {
  const element = document.createElement('div')
  element.className = `box ${part.use}${open ? ' open' : ''}`
  element.tabIndex = -1
  element.setAttribute('role', 'button')
  element.setAttribute('aria-label', describe(part, root).join(', '))
  // Both sides are rounded alike, so that neighbours share them.
  const [left, top] = [Math.round(x), Math.round(y)]
  element.style.left = `${left}px`
  element.style.top = `${top}px`
  element.style.width = `${Math.round(x + width) - left}px`
  element.style.height = `${Math.round(y + height) - top}px`
  if (width < NAMED.width || height < NAMED.height) return element
  element.classList.add('named')
  element.append(word('name', part.label))
  if (width >= SIZED.width && (open || height >= SIZED.height))
    element.append(word(open ? 'size' : 'size below', formatSize(part.bytes)))
  return element
}

function word(name: string, text: string): HTMLElement {
  const element = document.createElement('span')
  element.className = name
  element.textContent = text
  return element
}

/** Path, size and share. */
export function describe(node: Node, root: Node): readonly [path: string, size: string] {
  return [labelsTo(node), `${formatSize(node.bytes)}, ${formatShare(node.bytes, root.bytes)}`]
}
