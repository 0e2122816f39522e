function work() {
	let words = {};
	for (let i = 0; i < 60000; i++) {
		const w = "w" + (i * 7919 % 997);
		words[w] = (words[w] || 0) + 1;
	}
	const keys = Object.keys(words).sort((a, b) => words[b] - words[a] || (a < b ? -1 : 1));
	const rows = [];
	for (let i = 0; i < 20000; i++) rows.push({id: i, name: "n" + i, tags: [i % 3, i % 5]});
	const text = JSON.stringify(rows);
	let found = 0;
	for (const x of JSON.parse(text)) if (/n(\d+)7$/.test(x.name)) found += x.tags.length;
	function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
	fib(24);
	const sums = new Map();
	for (let i = 0; i < 100000; i++) sums.set(i % 1000, (sums.get(i % 1000) || 0) + i);
	const numbers = [];
	for (let i = 0; i < 100000; i++) numbers.push((i * 7919) % 100003);
	numbers.sort((x, y) => x - y);
	return [keys.length, text.length, found, sums.size, numbers[5]].join(" ");
}
work() + work() + work();
