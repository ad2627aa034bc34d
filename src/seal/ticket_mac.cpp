#include "seal/ticket_mac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <optional>
#include <span>

#include "base/check.hpp"
#include "seal/libcrypto.hpp"

namespace volley {
namespace {

void append(std::span<std::byte> out, std::uint64_t number) {
  for (std::size_t i = out.size(); i-- > 0; number >>= 8U) out[i] = static_cast<std::byte>(number);
}

/// What is called of it.
struct Libcrypto {
  decltype(&EVP_MAC_fetch) mac_fetch = from_libcrypto<decltype(EVP_MAC_fetch)>("EVP_MAC_fetch");
  decltype(&EVP_MAC_free) mac_free = from_libcrypto<decltype(EVP_MAC_free)>("EVP_MAC_free");
  decltype(&EVP_MAC_CTX_new) context_new =
      from_libcrypto<decltype(EVP_MAC_CTX_new)>("EVP_MAC_CTX_new");
  decltype(&EVP_MAC_CTX_free) context_free =
      from_libcrypto<decltype(EVP_MAC_CTX_free)>("EVP_MAC_CTX_free");
  decltype(&EVP_MAC_init) init = from_libcrypto<decltype(EVP_MAC_init)>("EVP_MAC_init");
  decltype(&EVP_MAC_update) update = from_libcrypto<decltype(EVP_MAC_update)>("EVP_MAC_update");
  decltype(&EVP_MAC_final) final = from_libcrypto<decltype(EVP_MAC_final)>("EVP_MAC_final");
  decltype(&OPENSSL_cleanse) cleanse = from_libcrypto<decltype(OPENSSL_cleanse)>("OPENSSL_cleanse");
};

}  // namespace

struct TicketMac::State {
  struct Key {
    std::optional<std::uint64_t> turn;
    Secret secret{};
  };

  explicit State(const Secret& root_secret) : root{root_secret} {
    // Every OpenSSL 3 has it: nothing but a broken installation makes this fail.
    EVP_MAC* const siphash = crypto.mac_fetch(nullptr, "SIPHASH", nullptr);
    VOLLEY_CHECK(siphash != nullptr);
    context = crypto.context_new(siphash);
    VOLLEY_CHECK(context != nullptr);
    crypto.mac_free(siphash);  // The context holds on to it.
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() {
    crypto.context_free(context);
    crypto.cleanse(&root, sizeof root);
    for (Key& key : keys) crypto.cleanse(&key.secret, sizeof key.secret);
  }

  Mac siphash(const Secret& secret, std::span<const std::byte> message) const {
    Mac mac{};
    std::size_t size = 0;
    // Without the key, early releases of OpenSSL 3.0 would go on from where the last message ended.
    VOLLEY_CHECK(crypto.init(context, reinterpret_cast<const unsigned char*>(secret.data()),
                             secret.size(), nullptr) == 1);
    VOLLEY_CHECK(crypto.update(context, reinterpret_cast<const unsigned char*>(message.data()),
                               message.size()) == 1);
    VOLLEY_CHECK(crypto.final(context, reinterpret_cast<unsigned char*>(mac.data()), &size,
                              mac.size()) == 1);
    VOLLEY_CHECK(size == mac.size());
    return mac;
  }

  const Secret& secret_of(std::uint64_t turn) {
    // Two that follow each other have places of their own.
    Key& key = keys[turn % keys.size()];
    if (key.turn != turn) {
      std::array<std::byte, sizeof turn> message{};
      append(message, turn);
      key.secret = siphash(root, message);
      key.turn = turn;
    }
    return key.secret;
  }

  Libcrypto crypto;
  EVP_MAC_CTX* context = nullptr;
  Secret root;
  std::array<Key, 2> keys{};
};

TicketMac::TicketMac(const Secret& secret) : state_{std::make_unique<State>(secret)} {}
TicketMac::TicketMac(TicketMac&&) noexcept = default;
TicketMac& TicketMac::operator=(TicketMac&&) noexcept = default;
TicketMac::~TicketMac() = default;

TicketMac::Mac TicketMac::mac(std::uint64_t turn, const Endpoint& peer) {
  // 0 address 16 | 16 port 2
  std::array<std::byte, 18> message{};
  const auto address = std::as_bytes(std::span{peer.address().bytes()});
  for (std::size_t i = 0; i < address.size(); ++i) message[i] = address[i];
  append(std::span{message}.subspan(address.size()), peer.port());
  return state_->siphash(state_->secret_of(turn), message);
}

}  // namespace volley
