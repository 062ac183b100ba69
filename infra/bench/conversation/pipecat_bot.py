#!/usr/bin/env python3
"""The peer of the conversation benchmark: Pipecat on Exotel's stream, between the same providers.

Pipecat's own services and defaults, with three differences:
- `user_speech_timeout` is 0, where 0.6 s would hold every turn open longer than the transcript needs;
- its recogniser takes no address, so the SDK's table of addresses is changed before it is made;
- only warnings are logged.
"""

import argparse
import sys

from loguru import logger

logger.remove()
logger.add(sys.stderr, level="WARNING")

import uvicorn  # noqa: E402
from fastapi import FastAPI, WebSocket  # noqa: E402
from pipecat.audio.vad.silero import SileroVADAnalyzer  # noqa: E402
from pipecat.audio.vad.vad_analyzer import VADParams  # noqa: E402
from pipecat.pipeline.pipeline import Pipeline  # noqa: E402
from pipecat.pipeline.worker import PipelineParams, PipelineWorker  # noqa: E402
from pipecat.processors.aggregators.llm_context import LLMContext  # noqa: E402
from pipecat.processors.aggregators.llm_response_universal import (  # noqa: E402
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.runner.utils import parse_telephony_websocket  # noqa: E402
from pipecat.serializers.exotel import ExotelFrameSerializer  # noqa: E402
from pipecat.services.openai.llm import OpenAILLMService  # noqa: E402
from pipecat.services.sarvam.stt import SarvamRealtimeSTTService, SarvamSTTService  # noqa: E402
from pipecat.services.sarvam.tts import SarvamTTSService  # noqa: E402
from pipecat.transcriptions.language import Language  # noqa: E402
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport  # noqa: E402
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy  # noqa: E402
from pipecat.turns.user_turn_strategies import UserTurnStrategies  # noqa: E402
from pipecat.workers.runner import WorkerRunner  # noqa: E402
from sarvamai.environment import SarvamAIEnvironment  # noqa: E402

RATE_HZ = 8000
KEY = "load"
INSTRUCTIONS = "You help callers of a lending company. Answer in two short sentences."


def recogniser(kind: str, providers: str):
    if kind == "realtime":
        return SarvamRealtimeSTTService(
            api_key=KEY,
            base_url=f"ws://{providers}/speech-to-text-realtime/ws",
            endpointing="manual",
            sample_rate=RATE_HZ,
            settings=SarvamRealtimeSTTService.Settings(language=Language.EN_IN),
        )
    return SarvamSTTService(
        api_key=KEY, sample_rate=RATE_HZ, settings=SarvamSTTService.Settings(language=Language.EN_IN)
    )


def model(providers: str):
    settings = OpenAILLMService.Settings(model="load", system_instruction=INSTRUCTIONS)
    return OpenAILLMService(api_key=KEY, base_url=f"http://{providers}/v1", settings=settings)


def voice(providers: str):
    settings = SarvamTTSService.Settings(model="bulbul:v3", voice="shubh", language=Language.EN_IN)
    return SarvamTTSService(
        api_key=KEY, url=f"ws://{providers}/text-to-speech/ws", sample_rate=RATE_HZ, settings=settings
    )


async def converse(socket: WebSocket, asked: argparse.Namespace):
    _, start = await parse_telephony_websocket(socket)
    serializer = ExotelFrameSerializer(stream_sid=start["stream_id"], call_sid=start["call_id"])
    transport = FastAPIWebsocketTransport(
        socket,
        FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=serializer
        ),
    )
    turn_end = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)
    user, assistant = LLMContextAggregatorPair(
        LLMContext(),
        user_params=LLMUserAggregatorParams(
            vad_analyzer=SileroVADAnalyzer(params=VADParams(stop_secs=0.2)),
            user_turn_strategies=UserTurnStrategies(stop=[turn_end]),
        ),
    )
    steps = [
        transport.input(),
        recogniser(asked.stt, asked.providers),
        user,
        model(asked.providers),
        voice(asked.providers),
        transport.output(),
        assistant,
    ]
    rates = PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ)
    runner = WorkerRunner(handle_sigint=False, force_gc=asked.force_gc)
    await runner.add_workers(PipelineWorker(Pipeline(steps), params=rates))

    @transport.event_handler("on_client_disconnected")
    async def hung_up(_transport, _client):
        await runner.cancel()

    await runner.run()


def application(asked: argparse.Namespace) -> FastAPI:
    SarvamAIEnvironment.PRODUCTION.base = f"http://{asked.providers}"
    SarvamAIEnvironment.PRODUCTION.production = f"ws://{asked.providers}"
    app = FastAPI()

    @app.get("/health")
    async def health():
        return {"status": "OK"}

    @app.websocket("/ws/voicebot/{call_sid}")
    async def stream(socket: WebSocket, call_sid: str):
        await socket.accept()
        await converse(socket, asked)

    return app


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--providers", required=True, help="host:port")
    parser.add_argument("--stt", choices=("streaming", "realtime"), default="streaming")
    parser.add_argument("--force-gc", action="store_true", help="collect garbage after every call")
    asked = parser.parse_args()
    uvicorn.run(
        application(asked),
        host="127.0.0.1",
        port=asked.port,
        log_level="warning",
        loop="uvloop",
        ws_ping_interval=None,
    )


if __name__ == "__main__":
    main()
