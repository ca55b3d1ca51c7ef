// A crew member for crew.test.ts: says what it was sent, and ends when it is told to.
process.on('message', (message) => process.send?.({ pid: process.pid, message }))
process.on('disconnect', () => process.exit())
process.send?.('ready')
