// Workers on shared memory: atomics, waits, and messages. Argument: seconds.
'use strict';
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const WORKERS = 6;

if (!isMainThread) {
    const { shared, number } = workerData;
    const words = new Int32Array(shared);
    parentPort.on('message', (round) => {
        let objects = [];
        for (let i = 0; i < 20000; i++) {
            Atomics.add(words, 0, 1);
            // A lock of one's own, around a plain counter.
            while (Atomics.compareExchange(words, 1, 0, 1) !== 0) {
                Atomics.wait(words, 1, 1, 1);
            }
            words[2]++;
            Atomics.store(words, 1, 0);
            Atomics.notify(words, 1, 1);
            objects.push({ i, text: 'n' + i });
            if (objects.length > 500) {
                objects = [];
            }
        }
        // Code that is made while others run: each round another function.
        const f = new Function('n', `let s = 0; for (let i = 0; i < n; i++) { s = (s + i * ${round + number + 1}) % 1000003; } return s;`);
        let expected = 0;
        for (let i = 0; i < 50000; i++) {
            expected = (expected + i * (round + number + 1)) % 1000003;
        }
        parentPort.postMessage(f(50000) === expected);
    });
} else {
    const shared = new SharedArrayBuffer(64);
    const words = new Int32Array(shared);
    const end = Date.now() + 1000 * Number(process.argv[2]);
    const workers = [];
    let round = 0;
    let waiting = 0;
    const begin = () => {
        words.fill(0);
        waiting = WORKERS;
        workers.forEach((w) => w.postMessage(round));
    };
    const fail = (text) => {
        console.error(text);
        process.exit(1);
    };
    for (let number = 0; number < WORKERS; number++) {
        const worker = new Worker(__filename, { workerData: { shared, number } });
        worker.on('error', (e) => fail(String(e)));
        worker.on('message', (right) => {
            if (!right) {
                fail('a function that was made is wrong');
            }
            if (--waiting > 0) {
                return;
            }
            if (words[0] !== WORKERS * 20000 || words[2] !== WORKERS * 20000) {
                fail(`counted ${words[0]} and ${words[2]}`);
            }
            round++;
            if (Date.now() < end) {
                begin();
            } else {
                console.log(`${round} rounds`);
                process.exit(0);
            }
        });
        workers.push(worker);
    }
    begin();
}
