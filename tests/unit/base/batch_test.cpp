#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

#include <volley/batch.hpp>
#include <volley/options.hpp>

namespace volley {
namespace {

const Endpoint kAlice{IpAddress::v4(192, 0, 2, 1), 1060};
const Endpoint kBob{IpAddress::v4(192, 0, 2, 2), 1060};

void add(SendBatch& batch, const Endpoint& peer, std::size_t size, char fill = 'x') {
  const MutableBytes space = batch.space();
  ASSERT_GE(space.size(), size);
  std::memset(space.data(), fill, size);
  batch.commit({.peer = peer, .size = size});
}

TEST(SendBatch, NeighboursOfOneSizeToOnePeerBecomeARun) {
  SendBatch batch;
  for (int i = 0; i < 3; ++i) add(batch, kAlice, 100);
  add(batch, kAlice, 40);   // A shorter one may end a run,
  add(batch, kAlice, 100);  // and nothing follows it in that run.
  add(batch, kBob, 100);
  ASSERT_EQ(batch.transmits().size(), 3U);
  EXPECT_EQ(batch.transmits()[0].size, 340U);
  EXPECT_EQ(batch.transmits()[0].segment_size, 100U);
  EXPECT_EQ(batch.transmits()[0].datagrams(), 4U);
  EXPECT_EQ(batch.transmits()[1].datagrams(), 1U);
  EXPECT_EQ(batch.transmits()[2].peer, kBob);
  EXPECT_EQ(batch.datagrams(), 6U);
}

TEST(SendBatch, ALargerOneStartsAnew) {
  SendBatch batch;
  add(batch, kAlice, 100);
  add(batch, kAlice, 101);
  EXPECT_EQ(batch.transmits().size(), 2U);
}

TEST(SendBatch, EmptyDatagramsStandAlone) {
  SendBatch batch;
  add(batch, kAlice, 0);
  add(batch, kAlice, 0);
  add(batch, kAlice, 10);
  add(batch, kAlice, 0);
  EXPECT_EQ(batch.transmits().size(), 4U);
  EXPECT_EQ(batch.datagrams(), 4U);
}

TEST(SendBatch, ARunNeverHasMoreThan64DatagramsNor65507Bytes) {
  SendBatch small{{.bytes = 1 << 20, .transmits = 64}};
  for (int i = 0; i < 200; ++i) add(small, kAlice, 10);
  for (const Transmit& run : small.transmits()) EXPECT_LE(run.datagrams(), BatchLimits::kSegments);
  EXPECT_EQ(small.datagrams(), 200U);

  SendBatch large{{.bytes = 1 << 20, .transmits = 64}};
  for (int i = 0; i < 100; ++i) add(large, kAlice, 9'000);
  for (const Transmit& run : large.transmits()) EXPECT_LE(run.size, BatchLimits::kRunBytes);
  EXPECT_EQ(large.datagrams(), 100U);
}

TEST(SendBatch, ASourceOfItsOwnIsARunOfItsOwn) {
  SendBatch batch;
  add(batch, kAlice, 10);
  batch.commit({.peer = kAlice, .local = IpAddress::v4(192, 0, 2, 9), .size = 10});
  EXPECT_EQ(batch.transmits().size(), 2U);
}

TEST(SendBatch, WhatIsToBeAloneIsInNoRun) {
  SendBatch batch;
  add(batch, kAlice, 100);
  batch.commit({.peer = kAlice, .size = 32, .alone = true});
  add(batch, kAlice, 32);
  EXPECT_EQ(batch.transmits().size(), 3U);
}

TEST(SendBatch, SaysWhenItIsFull) {
  SendBatch batch{{.bytes = 2 * kMaxPayload, .transmits = 8}};
  add(batch, kAlice, 100);
  EXPECT_FALSE(batch.full());
  add(batch, kBob, kMaxPayload);
  EXPECT_TRUE(batch.full()) << "the largest datagram would not fit any more";
  EXPECT_TRUE(batch.space().empty());
  batch.clear();
  EXPECT_FALSE(batch.full());
  EXPECT_EQ(batch.space().size(), kMaxPayload);
}

TEST(SendBatch, TakesNoRunThatOldKernelsWouldRefuse) {
  SendBatch batch;
  const std::size_t most = BatchLimits::kSegments * 10;
  batch.commit({.peer = kAlice, .size = most, .segment_size = 10});
  EXPECT_DEATH(batch.commit({.peer = kBob, .size = most + 1, .segment_size = 10}), "kSegments");
}

TEST(SendBatch, GivesEachRunItsBytes) {
  SendBatch batch;
  add(batch, kAlice, 3, 'a');
  add(batch, kBob, 2, 'b');
  EXPECT_EQ(as_text(batch.bytes(0)), "aaa");
  EXPECT_EQ(as_text(batch.bytes(1)), "bb");
}

TEST(ReceiveBatch, SplitsATrain) {
  ReceiveBatch batch{{.slots = 2, .slot_size = 100}};
  const MutableBytes slot = batch.slot(0);
  std::memcpy(slot.data(), "aaabbbcc", 8);
  batch.add_train({.peer = kAlice, .payload = Bytes{slot}.first(8)}, 3, {.truncated = true});
  ASSERT_EQ(batch.datagrams().size(), 3U);
  EXPECT_EQ(as_text(batch.datagrams()[0].payload), "aaa");
  EXPECT_EQ(as_text(batch.datagrams()[2].payload), "cc");
  EXPECT_EQ(batch.datagrams()[1].peer, kAlice);
  EXPECT_FALSE(batch.arrivals()[0].truncated) << "whole, although its train was cut";
  EXPECT_TRUE(batch.arrivals()[2].truncated);
  EXPECT_EQ(batch.messages(), 1U);
}

TEST(ReceiveBatch, AnEmptyDatagramIsOne) {
  ReceiveBatch batch;
  batch.add_train({.peer = kAlice}, 0, {});
  ASSERT_EQ(batch.datagrams().size(), 1U);
  EXPECT_TRUE(batch.datagrams()[0].payload.empty());
}

TEST(ReceiveBatch, FilterKeepsPairsAndOrder) {
  ReceiveBatch batch;
  for (std::uint8_t ttl = 1; ttl <= 4; ++ttl) {
    batch.add_train({.peer = ttl % 2 == 0 ? kAlice : kBob}, 0, {.ttl = ttl});
  }
  batch.filter([](const Datagram& datagram) { return datagram.peer == kAlice; });
  ASSERT_EQ(batch.datagrams().size(), 2U);
  EXPECT_EQ(batch.arrivals()[0].ttl, 2);
  EXPECT_EQ(batch.arrivals()[1].ttl, 4);
}

}  // namespace
}  // namespace volley
