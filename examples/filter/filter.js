#!/usr/bin/env node
// filter - drops the contacts without phones: a filter of rows in Node, for one sender and one receiver.
//
//	nest-gen contacts | ./filter.js | nest-shred | parquet-encode -o out | parquet-merge out
//	./filter.js --from ipc:///tmp/rows --to tcp://127.0.0.1:5501
//
// See nest-frame(5). `npm install` brings msgpack, and zeromq for sockets.
import { createHash } from "node:crypto"
import { once } from "node:events"
import { parseArgs } from "node:util"
import { decode, decodeMulti, encode } from "@msgpack/msgpack"

const ARRIVAL_MS = 30000
const TICK_MS = 100

const keeps = (record) => record[1] !== null

// A neighbour is gone: exit status 3.
class Lost extends Error {}
// What came breaks nest-frame(5): exit status 1.
class Invalid extends Error {}

// ---- pipes ----

class Input {
	// Headers and bodies, in turn.
	async *pieces() {
		let bytes = Buffer.alloc(0)
		for await (const chunk of process.stdin) {
			bytes = Buffer.concat([bytes, chunk])
			let at = 0
			for (let end; at < bytes.length; at = end) {
				if (bytes[at] !== 0xc6) throw new Invalid("this is no nest frame")
				end = bytes.length < at + 5 ? Infinity : at + 5 + bytes.readUInt32BE(at + 1)
				if (end > bytes.length) break
				yield bytes.subarray(at + 5, end)
			}
			bytes = bytes.subarray(at)
		}
		if (bytes.length > 0) throw new Lost("the input ends in the middle of a frame")
	}

	async *frames() {
		let header = null
		for await (const piece of this.pieces()) {
			if (header !== null) yield [header, piece]
			header = header === null ? piece : null
		}
		if (header !== null) throw new Lost("the input ends in the middle of a frame")
	}
}

class Output {
	constructor() {
		process.stdout.on("error", (error) => fail(new Lost(error.message)))
	}

	check() {}

	async send(frame) {
		if (!process.stdout.write(frame)) await once(process.stdout, "drain")
	}

	async finish() {
		process.stdout.end()
		await once(process.stdout, "finish")
	}
}

// ---- sockets ----

// Calls GONE when a connection of SOCKET closes. Reconnection stays on: a socket of ZeroMQ has nothing else.
async function watch(socket, gone) {
	for await (const event of socket.events) if (event.type === "disconnect") gone()
}

const isTimeout = (error) => error.code === "EAGAIN"

class Receiver {
	constructor(zmq) {
		this.isGone = false
		this.socket = new zmq.Pull({ receiveHighWaterMark: 4, receiveTimeout: TICK_MS })
		watch(this.socket, () => (this.isGone = true))
	}

	async *frames(output) {
		const deadline = Date.now() + ARRIVAL_MS
		for (let hasCome = false; ; ) {
			// First whether the sender is gone, then whether something of it is left.
			const wasGone = this.isGone
			let parts
			try {
				parts = await this.socket.receive()
			} catch (error) {
				if (!isTimeout(error)) throw error
				output.check()
				if (wasGone) throw new Lost("the sender is gone without its end")
				if (!hasCome && Date.now() > deadline) throw new Lost("the sender has not come")
				continue
			}
			hasCome = true
			if (parts.length !== 1) throw new Invalid("a frame is one message of one part")
			const [message] = parts
			const body = 5 + message.readUInt32BE(1)
			yield [message.subarray(5, body), message.subarray(body + 5)]
		}
	}
}

class Sender {
	constructor(zmq, endpoint) {
		this.isGone = false
		this.deadline = Date.now() + ARRIVAL_MS
		// With immediate nothing waits for a connection that is not there.
		this.socket = new zmq.Push({ sendHighWaterMark: 4, sendTimeout: TICK_MS, immediate: true, linger: 0 })
		this.closed = new Promise((resolve) =>
			watch(this.socket, () => {
				this.isGone = true
				resolve()
			}),
		)
		this.socket.connect(endpoint)
	}

	check() {
		if (this.isGone) throw new Lost("the receiver is gone")
	}

	async send(frame) {
		for (;;) {
			this.check()
			try {
				await this.socket.send(frame)
				this.deadline = Infinity
				return
			} catch (error) {
				if (!isTimeout(error)) throw error
				if (Date.now() > this.deadline) throw new Lost("nobody answers")
			}
		}
	}

	// The receiver closes when it has everything; what waits until then is not to be dropped.
	async finish() {
		await this.closed
	}
}

// ---- frames ----

function frame(keys, body = new Uint8Array()) {
	const header = encode(keys)
	const made = Buffer.alloc(10 + header.length + body.length)
	made[0] = made[5 + header.length] = 0xc6
	made.writeUInt32BE(header.length, 1)
	made.set(header, 5)
	made.writeUInt32BE(body.length, 6 + header.length)
	made.set(body, 10 + header.length)
	return made
}

// Whoever gives rows new numbers would hide that some are missing: what comes is held against its own.
class Account {
	frames = 0
	rows = 0
	due = new Map()
	closed = new Set()
	ended = false

	enter(keys) {
		if (this.ended || keys.nest !== 1 || !["progress", "rows", "end"].includes(keys.kind))
			throw new Invalid(`a frame of kind ${keys.kind} is not due`)
		if (keys.kind === "rows") this.enterRows(keys)
		if (keys.kind !== "end") return
		if (keys.frames !== this.frames || keys.rows !== this.rows || this.due.size > 0)
			throw new Invalid("the end does not fit what came")
		this.ended = true
	}

	enterRows({ part, first, rows, last }) {
		if (this.closed.has(part) || (this.due.get(part) ?? first) !== first)
			throw new Invalid(`part ${part} goes on at row ${first}, which is not due`)
		if (last) {
			this.closed.add(part)
			this.due.delete(part)
		} else this.due.set(part, first + rows)
		this.frames++
		this.rows += rows
	}
}

// ---- the filter ----

// The rows that are left are another run. Its last bit, whether the run can be made again, stays.
function anotherRun(run) {
	if (run === undefined) return undefined
	const made = createHash("sha256").update(run).update("filter: with phones").digest().subarray(0, 16)
	made[15] = (made[15] & 0xfe) | (run[15] & 1)
	return made
}

class Filter {
	kept = new Map() // rows of each part so far
	frames = 0
	rows = 0

	// Nobody knows how many rows the parts before this one keep: rows are numbered by part from here on.
	convert(keys, body) {
		keys.from = "filter"
		if (keys.dataset !== undefined) keys.dataset = { parts: keys.dataset.parts }
		delete keys.total
		if (keys.kind === "rows") return this.convertRows(keys, body)
		if (keys.kind === "end") Object.assign(keys, { frames: this.frames, rows: this.rows })
		return frame(keys)
	}

	convertRows(keys, body) {
		if ((keys.codec ?? "none") !== "none") throw new Invalid("the body is compressed")
		const records = [...decodeMulti(body, { useBigInt64: true })]
		if (records.length !== keys.rows) throw new Invalid("the body does not hold the rows of its header")
		const left = records.filter(keeps).map((record) => encode(record, { useBigInt64: true }))
		const first = this.kept.get(keys.part) ?? 0
		Object.assign(keys, { numbered: "part", first, rows: left.length })
		delete keys.raw
		if (keys.run !== undefined) keys.run = anotherRun(keys.run)
		if (keys.meta !== undefined) delete keys.meta["nest.rows"] // they are fewer now
		this.kept.set(keys.part, first + left.length)
		this.frames++
		this.rows += left.length
		return frame(keys, Buffer.concat(left))
	}
}

async function run(input, output) {
	const account = new Account()
	const filter = new Filter()
	let end = null
	for await (const [header, body] of input.frames(output)) {
		const keys = decode(header)
		account.enter(keys)
		const made = filter.convert(keys, body)
		if (!account.ended) await output.send(made)
		else end = made
		// On a pipe nothing may follow the end: that is seen before an end is sent.
		if (account.ended && input instanceof Receiver) break
	}
	if (end === null) throw new Lost("the sender is gone without its end")
	await output.send(end)
	await output.finish()
}

function fail(error) {
	console.error(`filter: fatal: ${error.message}`)
	process.exit(error instanceof Lost ? 3 : 1)
}

const end = { type: "string", default: "-" }
const { values: options } = parseArgs({ options: { from: end, to: end } })
try {
	const zmq = options.from === "-" && options.to === "-" ? null : await import("zeromq")
	const output = options.to === "-" ? new Output() : new Sender(zmq, options.to)
	const input = options.from === "-" ? new Input() : new Receiver(zmq)
	if (input instanceof Receiver) await input.socket.bind(options.from)
	await run(input, output)
	process.exit(0)
} catch (error) {
	fail(error)
}
