local function work()
	local words, text = {}, {}
	for i = 1, 200000 do
		local w = "w" .. (i * 7919 % 997)
		words[w] = (words[w] or 0) + 1
		text[#text + 1] = w
	end
	local all = table.concat(text, " ")
	local found = 0
	for a, b in all:gmatch("w(%d+)7 w(%d+)") do found = found + #a + #b end
	local swapped = all:gsub("w(%d)(%d)", "%2%1")
	local numbers = {}
	for i = 1, 150000 do numbers[i] = i * 7919 % 100003 end
	table.sort(numbers, function(x, y) return x < y end)
	local objects = {}
	for i = 1, 100000 do objects[i] = setmetatable({id = i}, {__index = function(_, k) return k end}) end
	local sum = 0
	for _, o in ipairs(objects) do sum = sum + #o.name + o.id end
	local parts = {}
	for i = 1, 100000 do parts[i] = string.format("%d:%s:%5.2f", i, "x", i / 3) end
	print(found, #swapped, numbers[5], sum, #table.concat(parts))
end
for _ = 1, 4 do work() end
