/*
 * Every value of a file of JSON, read by simdjson On-Demand on one core: names
 * and strings are unescaped, numbers converted. Prints the CPU seconds that
 * this took, the file being in memory already, and the values.
 */

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <simdjson.h>

using namespace simdjson;

static size_t values, digest;

static double now()
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void read(ondemand::value value)
{
	values++;
	switch (value.type()) {
	case ondemand::json_type::array:
		for (auto element : value.get_array())
			read(element.value());
		break;
	case ondemand::json_type::object:
		for (auto field : value.get_object()) {
			digest += std::string_view(field.unescaped_key()).size();
			read(field.value());
		}
		break;
	case ondemand::json_type::string:
		digest += std::string_view(value.get_string()).size();
		break;
	case ondemand::json_type::number:
		digest += static_cast<size_t>(ondemand::number(value.get_number()).get_number_type());
		break;
	case ondemand::json_type::boolean:
		digest += bool(value.get_bool());
		break;
	default:
		digest += value.is_null();
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		std::fprintf(stderr, "usage: bench_ondemand FILE LONGEST\n");
		return 2;
	}
	try {
		padded_string text = padded_string::load(argv[1]);
		ondemand::parser parser;
		size_t batch = std::strtoull(argv[2], nullptr, 10);
		double begin = now();
		ondemand::document_stream stream = parser.iterate_many(text, batch);
		for (auto document : stream) {
			for (auto field : document.get_object()) {
				digest += std::string_view(field.unescaped_key()).size();
				read(field.value());
			}
		}
		std::printf("%.6f %zu %zu\n", now() - begin, values, digest);
	} catch (const simdjson_error &error) {
		std::fprintf(stderr, "bench_ondemand: %s\n", error.what());
		return 1;
	}
	return 0;
}
