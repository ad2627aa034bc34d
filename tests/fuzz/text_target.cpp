#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>
#include <vector>

#include <volley/endpoint.hpp>
#include <volley/matcher.hpp>

#include "cli/units.hpp"
#include "target.hpp"

namespace volley::fuzz {
namespace {

constexpr std::string_view kTexts[] = {
    "192.0.2.1:53",
    "[2001:db8::1]:53",
    "[fe80::1%3]:65535",
    "[::ffff:192.0.2.1]:1",
    "::",
    "1:2:3:4:5:6:7:8",
    "1::8",
    "0.0.0.0",
    "id@0:2",
    "id@40:8=24",
    "id@8:12,random",
    "500us",
    "1.5m",
    "100ms..2s",
    "50%",
    "0.125",
    "10k/s",
    "50Mbit",
    "65536",
    "18446744073709551615",
};

/// What cannot be read is told in one sentence.
void check_error(const Error& error) {
  require(error.code == ErrorCode::kInvalid, "what is typed wrong is kInvalid");
  require(!error.message.empty(), "an error has words");
}

void try_addresses(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address) {
    check_error(address.error());
  } else {
    const auto again = IpAddress::parse(address->to_string());
    require(again && *again == *address, "an address is read as it is printed");
    require(again->to_string() == address->to_string(), "an address is printed in one way");
    require(address->is_multicast() == (address->kind() == AddressKind::kMulticast),
            "an address is of one kind");
  }
  const auto endpoint = Endpoint::parse(text);
  if (!endpoint) return check_error(endpoint.error());
  const auto again = Endpoint::parse(endpoint->to_string());
  require(again && *again == *endpoint, "an endpoint is read as it is printed");
}

void try_matcher(std::string_view text, Bytes datagram) {
  const auto matcher = Matcher::parse(text);
  if (!matcher) return check_error(matcher.error());
  require(matcher->field().has_value(), "what is typed is a field");
  const Matcher::Field field = *matcher->field();
  require(field.size >= 1 && field.size <= 16, "an ID has 1 to 16 octets");
  const bool fits = field.offset <= datagram.size() && field.size <= datagram.size() - field.offset;
  const auto id = matcher->request_id(datagram);
  require(id.has_value() == fits, "an ID is read where it is all there");
  (void)matcher->reply_id(datagram);
  if (!id) return;
  std::vector<std::byte> copy(datagram.begin(), datagram.end());
  write_match_id(copy, field, *id);
  require(std::ranges::equal(copy, datagram), "an ID is written as it was read");
}

template <class Value, class Check>
void try_reader(const Result<Value>& read, Check check) {
  if (!read) return check_error(read.error());
  require(check(*read), "what was read is within its bounds");
}

void try_units(std::string_view text) {
  using namespace std::chrono_literals;
  try_reader(cli::parse_duration(text),
             [](Duration read) { return read >= 0s && read <= 365 * 24h; });
  try_reader(cli::parse_positive_duration(text), [](Duration read) { return read > 0s; });
  try_reader(cli::parse_backoff(text), [](const cli::Backoff& read) {
    return read.first > 0s && read.longest >= read.first;
  });
  try_reader(cli::parse_share(text), [](double read) { return read >= 0 && read <= 1; });
  try_reader(cli::parse_rate(text),
             [](const cli::Rate& read) { return std::isfinite(read.amount) && read.amount > 0; });
  try_reader(cli::parse_factor(text), [](double read) { return read > 0 && read <= 1e6; });
  try_reader(cli::parse_whole(text, 3, 70'000),
             [](std::uint64_t read) { return read >= 3 && read <= 70'000; });
}

}  // namespace

const std::string_view kTarget = "text";

void try_input(Bytes input) {
  // A copy as long as it is, so that a sanitizer sees what is read behind its end.
  const std::vector<std::byte> copy(input.begin(), input.end());
  const std::string_view text = as_text(copy);
  try_addresses(text);
  try_matcher(text, copy);
  try_units(text);
}

std::vector<std::vector<std::byte>> seeds() {
  std::vector<std::vector<std::byte>> all;
  for (const std::string_view text : kTexts) {
    const Bytes octets = as_bytes(text);
    all.emplace_back(octets.begin(), octets.end());
  }
  return all;
}

}  // namespace volley::fuzz
