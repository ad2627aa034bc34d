// Many confirmable requests in flight from one session of libcoap.

#include <coap3/coap.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/peers/libcoap_context.hpp"
#include "bench/peers/load.hpp"

namespace {

class Client {
 public:
  explicit Client(const bench::LoadOptions& options)
      : context_{coap_new_context(nullptr)}, load_{options} {
    const coap_address_t server = bench::coap_loopback(options.port);
    session_ = coap_new_client_session(context_, nullptr, &server, COAP_PROTO_UDP);
    bench::check_coap(session_ != nullptr, "a session");
    bench::coap_socket();
    // One by default: what else is asked waits.
    coap_session_set_nstart(session_, static_cast<std::uint16_t>(options.in_flight));
    coap_set_app_data(context_, this);
    coap_register_response_handler(
        context_, [](coap_session_t* session, const coap_pdu_t*, const coap_pdu_t* reply,
                     coap_mid_t) { return of(session).receive(reply); });
    coap_register_nack_handler(
        context_, [](coap_session_t* session, const coap_pdu_t*, coap_nack_reason_t, coap_mid_t) {
          of(session).load_.fail("libcoap gave a request up");
        });
  }

  int run() {
    for (std::size_t slot = 0; slot < load_.in_flight(); ++slot) ask(slot);
    while (!load_.over()) {
      coap_io_process(context_, bench::kTickMs);
      load_.look();
    }
    return load_.finish();
  }

 private:
  static Client& of(const coap_session_t* session) {
    return *static_cast<Client*>(coap_get_app_data(coap_session_get_context(session)));
  }

  void ask(std::size_t slot) {
    constexpr std::array<std::uint8_t, 4> kPath{'e', 'c', 'h', 'o'};
    std::array<std::uint8_t, 8> token{};
    std::size_t token_size = 0;
    const auto body = load_.ask(slot);
    coap_pdu_t* const request = coap_new_pdu(COAP_MESSAGE_CON, COAP_REQUEST_CODE_POST, session_);
    bench::check_coap(request != nullptr, "a request");
    coap_session_new_token(session_, &token_size, token.data());
    coap_add_token(request, token_size, token.data());
    coap_add_option(request, COAP_OPTION_URI_PATH, kPath.size(), kPath.data());
    coap_add_data(request, body.size(), reinterpret_cast<const std::uint8_t*>(body.data()));
    if (coap_send(session_, request) == COAP_INVALID_MID) load_.fail("libcoap does not send");
  }

  coap_response_t receive(const coap_pdu_t* reply) {
    std::size_t size = 0;
    const std::uint8_t* body = nullptr;
    coap_get_data(reply, &size, &body);
    const auto slot = load_.take(std::as_bytes(std::span{body, size}));
    if (slot && !load_.over()) ask(*slot);
    return COAP_RESPONSE_OK;
  }

  coap_context_t* context_;
  coap_session_t* session_ = nullptr;
  bench::Load load_;
};

}  // namespace

int main(int argc, char** argv) {
  coap_startup();
  return Client{bench::load_options(argc, argv)}.run();
}
