// The page of a weighed file: looks into boxes by click and by keyboard, and finds names. It asks nobody for anything.

import { addressOf, isWithin, type Node, nodeAt, pathTo, readTree } from './data.ts'
import { createMap } from './map.ts'
import { findNodes, listFound, tellFound } from './search.ts'
import { createTip } from './tip.ts'

const byId = (id: string): HTMLElement => {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page has no ${id}`)
  return element
}

const root = readTree(byId('weights').textContent)
const place = byId('map')
const map = createMap(place, root)
const tip = createTip(byId('tip'), root)
const field = byId('search') as HTMLInputElement
const list = byId('found')
const count = byId('count')

/** What is looked into. */
let current = root

function show(node: Node, at?: Node): void {
  current = node
  tip.hide()
  map.show(node, at)
  byId('crumbs').replaceChildren(...pathTo(node).map(crumb))
}

function crumb(node: Node): HTMLElement {
  const item = document.createElement('li')
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = node.label
  if (node === current) button.setAttribute('aria-current', 'location')
  button.addEventListener('click', () => lookInto(node))
  item.append(button)
  return item
}

/** Into a box, or into the one around it where there is nothing in it; `at` gets the focus then. */
function lookInto(target: Node, at?: Node): void {
  const node = target.children.length > 0 || target.parent === undefined ? target : target.parent
  if (node !== current) {
    show(node, at)
    // Shown already: the event that follows finds it so.
    location.hash = addressOf(node)
  }
  if (at !== undefined) map.focus(at)
}

function leave(): void {
  if (current.parent !== undefined) lookInto(current.parent, current)
}

addEventListener('hashchange', () => {
  const node = nodeAt(root, location.hash.slice(1))
  if (node !== current) show(node)
})

place.addEventListener('click', (event) => {
  const node = map.nodeOf(event.target)
  if (node !== undefined) lookInto(node, node)
})

place.addEventListener('pointermove', (event) => {
  const node = map.nodeOf(event.target)
  if (node === undefined) tip.hide()
  else tip.show(node, event.clientX, event.clientY)
})
place.addEventListener('pointerleave', () => tip.hide())
place.addEventListener('focusin', (event) => {
  const node = map.nodeOf(event.target)
  const box = node === undefined ? undefined : map.boxOf(node)?.getBoundingClientRect()
  if (node !== undefined && box !== undefined) tip.show(node, box.left, box.top)
})
place.addEventListener('focusout', () => tip.hide())

/** Where a key leads from a box: among its neighbours by size, into it, out of it. */
function neighbour(node: Node, key: string): Node | undefined {
  if (key === 'ArrowDown') return node.children[0]
  if (node === current) return undefined
  if (key === 'ArrowUp') return node.parent
  const step = key === 'ArrowRight' ? 1 : -1
  return node.parent?.children[node.index + step]
}

place.addEventListener('keydown', (event) => {
  const node = map.nodeOf(event.target)
  if (node === undefined || event.ctrlKey || event.altKey || event.metaKey) return
  const { key } = event
  if (key === 'Enter' || key === ' ') lookInto(node, node)
  else if (key === 'Escape' || key === 'Backspace') leave()
  else if (key === 'Home') lookInto(root, root)
  else if (/^Arrow(Up|Down|Left|Right)$/.test(key)) {
    const next = neighbour(node, key)
    if (next === undefined) return
    // Too small to be drawn: look into what is around it.
    if (map.boxOf(next) === undefined && next.parent !== undefined) lookInto(next.parent, next)
    else map.focus(next)
  } else return
  event.preventDefault()
})

function search(): void {
  const found = findNodes(root, field.value)
  map.mark(found?.nodes)
  count.textContent = found === undefined ? '' : tellFound(found)
  listFound(list, found, (node) => {
    list.hidden = true
    const around = node.parent ?? root
    // As near as it can be seen: what is looked into stays where the node is in it and drawn.
    if (isWithin(node, current) && map.boxOf(node) !== undefined) map.focus(node)
    else lookInto(around, node)
  })
}

field.addEventListener('input', search)
field.addEventListener('focus', search)
field.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  field.value = ''
  search()
  map.focus(current)
})
list.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') field.focus()
})
document.addEventListener('click', (event) => {
  if (event.target instanceof Element && event.target.closest('#finder') === null) list.hidden = true
})
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target === field) return
  event.preventDefault()
  field.focus()
})

new ResizeObserver(() => show(current)).observe(place)
show(nodeAt(root, location.hash.slice(1)))
