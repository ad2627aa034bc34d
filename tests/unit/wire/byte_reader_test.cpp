#include "wire/byte_reader.hpp"

#include <gtest/gtest.h>

#include "support/octets.hpp"

namespace volley {
namespace {

TEST(ByteReader, TakesNumbersInNetworkOrder) {
  const auto source = octets("01 0203 04050607 08090a0b0c0d0e0f 1011");
  ByteReader in{source};
  EXPECT_EQ(in.peek(), 1U);
  EXPECT_EQ(in.u8(), 0x01U);
  EXPECT_EQ(in.u16(), 0x0203U);
  EXPECT_EQ(in.u32(), 0x04050607U);
  EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0fU);
  EXPECT_EQ(in.left(), 2U);
  EXPECT_EQ(in.rest().data(), source.data() + 15);
  EXPECT_EQ(in.bytes(2).data(), source.data() + 15);
  EXPECT_EQ(in.left(), 0U);
  EXPECT_TRUE(in.ok());
}

TEST(ByteReader, LatchesAtTheEnd) {
  const auto source = octets("01 02 03");
  ByteReader in{source};
  EXPECT_EQ(in.u32(), 0U);
  EXPECT_FALSE(in.ok());
  // What is left is not read in place of what was asked for.
  EXPECT_EQ(in.left(), 0U);
  EXPECT_EQ(in.u8(), 0U);
  EXPECT_EQ(in.peek(), 0U);
  EXPECT_TRUE(in.bytes(1).empty());
  EXPECT_TRUE(in.rest().empty());
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, LatchesWhatIsRequired) {
  const auto source = octets("00 00 01 00");
  ByteReader in{source};
  in.require(true);
  in.zeros(0);
  in.zeros(2);
  EXPECT_TRUE(in.ok());
  in.zeros(2);
  EXPECT_FALSE(in.ok());
  in.require(true);
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, ReadsNothingFromNothing) {
  ByteReader in{Bytes{}};
  EXPECT_TRUE(in.bytes(0).empty());
  in.zeros(0);
  EXPECT_TRUE(in.ok());
  in.u8();
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, TellsZerosWhereverTheOtherStands) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<std::byte> bytes(size);
    EXPECT_TRUE(all_zeros(bytes));
    for (std::byte& byte : bytes) {
      byte = std::byte{0x80};
      EXPECT_FALSE(all_zeros(bytes));
      byte = std::byte{0};
    }
  }
}

}  // namespace
}  // namespace volley
