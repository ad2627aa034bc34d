#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "server_world.hpp"

namespace volley {
namespace {

using namespace std::chrono_literals;

TEST(ServerHeader, AnswersAFirstContactWithEpochTicketAndUptime) {
  ServerWorld world;
  world.hear(ServerWorld::stranger(), {});
  const auto answers = world.heard();
  ASSERT_EQ(answers.size(), 1U);
  const Heard& answer = answers.front();
  EXPECT_EQ(answer.peer, ServerWorld::stranger().peer);
  EXPECT_EQ(answer.local, ServerWorld::kLocal.address());
  EXPECT_EQ(answer.size, kHeaderSize);
  EXPECT_EQ(answer.header.client_id, ServerWorld::stranger().id);
  EXPECT_EQ(answer.header.epoch, Epoch{ServerWorld::defaults().incarnation.epoch});
  EXPECT_NE(answer.header.ticket, Ticket{});
  EXPECT_EQ(answer.header.note, 60'000U);
  EXPECT_EQ(world.counters().contexts, 0U);
  EXPECT_EQ(world.counters().wrong_ticket, 1U);
}

// protocol.md §6.2: as many as a worker answers at once, and then by time.
TEST(ServerHeader, LeavesAFloodOfStrangersUnanswered) {
  ServerWorld world;
  const FakeClient client = world.client();
  std::size_t answered = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    world.hear(ServerWorld::stranger(i), {});
    answered += world.heard().size();
  }
  EXPECT_EQ(answered, 10'000U - 1);  // One was the client's own first contact.
  EXPECT_EQ(world.ask(ServerWorld::stranger(), {idempotent(1, "a")}), "");
  EXPECT_EQ(world.counters().executed, 0U);
  EXPECT_EQ(world.counters().unanswered, 10'002U);
  EXPECT_EQ(world.counters().wrong_ticket, 20'002U);

  world.echo = true;
  EXPECT_EQ(world.ask(client, {request(1, "a")}), "REPLY 1 \"a\"");
  world.now += 20us;
  EXPECT_EQ(world.ask(ServerWorld::stranger(), {}), "bare");
  EXPECT_EQ(world.ask(ServerWorld::stranger(), {}), "");
}

TEST(ServerHeader, SaysForEverThatItsUptimeNoLongerFits) {
  ServerWorld world;
  world.now = ServerWorld::defaults().incarnation.birth + std::chrono::milliseconds{0xffff'fffe};
  world.hear(ServerWorld::stranger(), {});
  EXPECT_EQ(world.heard().front().header.note, 0xffff'fffeU);
  world.now += 24h;
  world.hear(ServerWorld::stranger(), {});
  EXPECT_EQ(world.heard().front().header.note, kUptimeEnd);
}

TEST(ServerHeader, RepeatsTheTurnInABareHeaderOnly) {
  ServerWorld world;
  FakeClient client = world.client();
  client.turn = 77;
  world.hear(client, {});
  EXPECT_EQ(world.heard().front().header.turn, 77);
  world.echo = true;
  world.hear(client, {request(1, "a")});
  EXPECT_EQ(world.heard().front().header.turn, 0);
  client.ticket = Ticket{1};
  world.hear(client, {request(1, "a")});
  EXPECT_EQ(world.heard().front().header.turn, 77);
}

TEST(ServerHeader, AnswersPadOnlyWithABareHeader) {
  ServerWorld world;
  const FakeClient client = world.client();
  EXPECT_EQ(world.ask(client, {}, 100), "bare");
}

// protocol.md §2.3: what is wrong, and what counts it.
struct Refused {
  const char* what;
  std::uint64_t ServerCounters::* counter;
  std::vector<std::byte> octets;
  Endpoint peer = ServerWorld::stranger().peer;
};

std::vector<Refused> refused(const FakeClient& client) {
  const auto with = [&](std::size_t at, std::uint8_t octet) {
    auto octets = ServerWorld::datagram(client, {request(1, "a")});
    octets[at] = std::byte{octet};
    return octets;
  };
  const auto whole = ServerWorld::datagram(client, {request(1, "a")});
  const auto first = [&](std::size_t size) {
    return std::vector<std::byte>{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
  };
  auto no_client = whole;
  std::fill_n(no_client.begin() + 4, 8, std::byte{});
  return {
      {"empty", &ServerCounters::dropped_short, {}},
      {"below the types", &ServerCounters::dropped_type, with(0, 3)},
      {"above the types", &ServerCounters::dropped_type, with(0, 16)},
      {"sealed", &ServerCounters::dropped_unsupported, with(0, 8)},
      {"another version", &ServerCounters::dropped_version, with(1, 2)},
      {"no version", &ServerCounters::dropped_version, first(1)},
      {"cut", &ServerCounters::dropped_short, first(31)},
      {"port 0", &ServerCounters::dropped_source, whole, {client.peer.address(), 0}},
      {"from a group", &ServerCounters::dropped_source, whole, {IpAddress::v4(224, 0, 0, 1), 9}},
      {"from all", &ServerCounters::dropped_source, whole, {IpAddress::v4(255, 255, 255, 255), 9}},
      {"a server's", &ServerCounters::dropped_direction, with(2, 1)},
      {"a server's, from port 0", &ServerCounters::dropped_source, with(2, 1), {{}, 0}},
      {"another version, from port 0", &ServerCounters::dropped_version, with(1, 2), {{}, 0}},
      {"a reserved flag", &ServerCounters::dropped_header, with(2, 2)},
      {"no client_id", &ServerCounters::dropped_header, no_client},
      {"L too high", &ServerCounters::dropped_header, with(28, 0xff)},
      {"a frame cut", &ServerCounters::dropped_malformed, first(whole.size() - 1)},
      {"a frame of no type", &ServerCounters::dropped_malformed, with(32, 9)},
      {"a server's frame", &ServerCounters::dropped_malformed, with(32, 2)},
  };
}

TEST(ServerHeader, DropsAndCountsByReason) {
  for (std::size_t i = 0;; ++i) {
    ServerWorld world;
    const auto all = refused(world.client());
    if (i == all.size()) break;
    const ServerCounters before = world.counters();
    world.hear(all[i].peer, all[i].octets);
    EXPECT_EQ(world.said(), "") << all[i].what;
    EXPECT_EQ(world.counters().*all[i].counter, before.*all[i].counter + 1) << all[i].what;
    EXPECT_EQ(world.counters().received, before.received + 1);
    EXPECT_EQ(world.started, 0U) << all[i].what;
    EXPECT_EQ(world.counters().contexts, 0U) << all[i].what;
  }
}

TEST(ServerHeader, ActsOnNothingOfAMalformedDatagram) {
  ServerWorld world;
  FakeClient client = world.client();
  world.echo = true;
  EXPECT_EQ(world.ask(client, {request(1, "a")}), "REPLY 1 \"a\"");
  // Its L must not act either: the reply is still there.
  client.lowest = 2;
  auto octets = ServerWorld::datagram(client, {request(2, "b"), request(3, "c")});
  octets.back() = std::byte{'c'};
  octets.push_back(std::byte{99});
  world.hear(client.peer, octets);
  EXPECT_EQ(world.said(), "");
  EXPECT_EQ(world.started, 1U);
  client.lowest = 1;
  EXPECT_EQ(world.ask(client, {request(1, "a", 2)}), "REPLY 1 \"a\" attempt 2");
}

TEST(ServerHeader, DropsWhatAnotherWorkerHas) {
  auto options = ServerWorld::defaults();
  options.workers = 3;
  // The top 16 bits are 0xc1a0, which is 2 modulo 3.
  options.worker = 1;
  ServerWorld other{options};
  other.hear(ServerWorld::stranger(), {});
  EXPECT_EQ(other.said(), "");
  EXPECT_EQ(other.counters().dropped_misrouted, 1U);
  options.worker = 2;
  ServerWorld own{options};
  EXPECT_EQ(own.ask(ServerWorld::stranger(), {}), "bare");
  // Workers of one incarnation give out the same tickets.
  const FakeClient client = own.client();
  options.workers = 1;
  options.worker = 0;
  ServerWorld alone{options};
  alone.echo = true;
  EXPECT_EQ(alone.ask(client, {request(1, "a")}), "REPLY 1 \"a\"");
}

TEST(ServerHeader, NeverSaysMoreThanItHeardToAnAddressWithoutATicket) {
  Random random{1};
  ServerWorld world;
  const FakeClient real = world.client();
  for (int i = 0; i < 20'000; ++i) {
    FakeClient liar = real;
    if (random.next() % 2 == 0) liar.epoch = Epoch{random.next() % 3};
    liar.ticket = Ticket{random.next() % 3};
    std::vector<Frame> frames;
    for (std::uint64_t count = random.next() % 4; count > 0; --count) {
      const auto number = static_cast<std::uint32_t>(1 + random.next() % 100);
      const Frame all[] = {request(number, "a"), probe(number), ping(1, 100)};
      frames.push_back(all[random.next() % 3]);
    }
    const auto octets = ServerWorld::datagram(liar, frames, random.next() % 50);
    world.hear(liar.peer, octets);
    std::size_t out = 0;
    for (const Heard& answer : world.heard()) out += answer.size;
    ASSERT_LE(out, octets.size());
  }
  EXPECT_EQ(world.started, 0U);
  EXPECT_EQ(world.counters().contexts, 0U);
}

}  // namespace
}  // namespace volley
